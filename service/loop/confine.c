/* SPDX-License-Identifier: Apache-2.0 */
#include "confine.h"

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <malloc.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../../src/base/buf.h"
#include "../../src/base/cursor.h"
#include "landlock.h"
#include "sanitizer.h"

#define CAPABILITY_VERSION 0x20080522u /* _LINUX_CAPABILITY_VERSION_3: two words a set */
#define LAST_CAPABILITY 63
#define LOCK_SPARE_BYTES ((uint64_t)32 << 20) /* what a locked role may still grow */
#define HEAP_MOST_BYTES ((size_t)6 << 20) /* the usual limit is 8 MB, and locked pages of libsodium count too */
#define HEAP_LEAST_BYTES ((size_t)256 << 10)
#define NAMES_OCTETS 512
#define HEAP_BLOCK_BYTES (16 << 20) /* smaller blocks come from the heap, not from mappings of their own */

#if UNDER_SANITIZER
/* LeakSanitizer, a library of its own, asks at the end of the process. */
__attribute__((visibility("default"))) int __lsan_is_turned_off(void);
static bool is_confined;

int __lsan_is_turned_off(void)
{
	return is_confined;
}
#endif

/* What became of each right, for the log. */
struct outcome {
	const char *locked; /* static text */
	int landlock_abi;
	size_t calls;
};

static enum signet_status fail(struct log *log, const char *what, int number)
{
	LOG(log, LOG_LEVEL_ERROR, "not-confined", LOG_TEXT("what", slice_of(what)),
	    LOG_TEXT("reason", slice_of(strerror(number))));
	return SIGNET_IO;
}

bool confine_user_find(const char *name, struct confine_user *ret)
{
	/* A number needs no look at every data base that the system knows: some bring their own libraries along. */
	uint64_t number;
	bool is_number = number_parse(slice_of(name), UINT32_MAX - 1, &number);
	const struct passwd *entry = is_number ? getpwuid((uid_t)number) : getpwnam(name);
	if (!entry) {
		return false;
	}
	*ret = (struct confine_user) { .name = name, .uid = entry->pw_uid, .gid = entry->pw_gid };
	return true;
}

/* ---- limits ---- */

/* Never above what it was: only root could. */
static bool limit(__rlimit_resource_t what, uint64_t most)
{
	struct rlimit now;
	if (getrlimit(what, &now) != 0) {
		return false;
	}
	rlim_t least = now.rlim_max == RLIM_INFINITY || most < now.rlim_max ? (rlim_t)most : now.rlim_max;
	const struct rlimit then = { .rlim_cur = least, .rlim_max = least };
	return setrlimit(what, &then) == 0;
}

static const char *set_limits(const struct confine *keeps)
{
	if (!limit(RLIMIT_CORE, 0)) {
		return "core files";
	}
	if (keeps->open_files && !limit(RLIMIT_NOFILE, keeps->open_files)) {
		return "open files";
	}
	if (keeps->memory_bytes && !UNDER_SANITIZER && !limit(RLIMIT_AS, keeps->memory_bytes)) {
		return "memory";
	}
	return NULL;
}

/* ---- memory ---- */

static uint64_t address_bytes(void)
{
	unsigned long long pages = 0;
	FILE *file = fopen("/proc/self/statm", "re");
	if (file) {
		if (fscanf(file, "%llu", &pages) != 1) {
			pages = 0;
		}
		fclose(file);
	}
	return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* Where malloc() takes its memory from. */
static bool find_heap(unsigned long *ret_begin, unsigned long *ret_end)
{
	char line[512];
	bool found = false;
	FILE *file = fopen("/proc/self/maps", "re");
	while (file && !found && fgets(line, sizeof(line), file)) {
		found = strstr(line, "[heap]") && sscanf(line, "%lx-%lx", ret_begin, ret_end) == 2;
	}
	if (file) {
		fclose(file);
	}
	return found;
}

/* Lets the heap grow to what a role is going to need, keeps it so, and locks that. */
static bool lock_heap(size_t octets)
{
	unsigned long begin, end;
	mallopt(M_MMAP_THRESHOLD, HEAP_BLOCK_BYTES);
	mallopt(M_TRIM_THRESHOLD, INT_MAX);
	void *block = malloc(octets);
	if (!block) {
		return false;
	}
	/* cut, not freed: what is cut off was never touched */
	void *rest = realloc(block, 16);
	if (!rest) {
		free(block);
		return false;
	}
	free(rest);
	return find_heap(&begin, &end) && mlock2((void *)begin, end - begin, MLOCK_ONFAULT) == 0;
}

/* All pages, as they are touched.  With a limit that the process could outgrow it would fail later, in the middle of its
 * work: then only the heap is locked, where keys are, as much of it as may be. */
static const char *lock_memory(struct log *log)
{
	const struct rlimit wanted = { .rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY };
	struct rlimit now = { 0 };
	(void)setrlimit(RLIMIT_MEMLOCK, &wanted); /* root, or the unit file already did it */
	(void)getrlimit(RLIMIT_MEMLOCK, &now);
	uint64_t need = address_bytes() + LOCK_SPARE_BYTES;
	if ((now.rlim_cur == RLIM_INFINITY || now.rlim_cur >= need) &&
	    mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) == 0) {
		return "yes";
	}
	const char *locked = "no";
	for (size_t octets = HEAP_MOST_BYTES; !UNDER_SANITIZER && octets >= HEAP_LEAST_BYTES; octets /= 2) {
		if (lock_heap(octets)) {
			locked = "heap";
			break;
		}
	}
	LOG(log, LOG_LEVEL_WARNING, "memory-not-locked", LOG_TEXT("locked", slice_of(locked)),
	    LOG_NUMBER("limit_bytes", now.rlim_cur), LOG_NUMBER("wanted_bytes", need),
	    LOG_TEXT("reason", S("the limit of locked memory (RLIMIT_MEMLOCK) is lower")));
	return locked;
}

/* ---- identity ---- */

static bool is_other(const struct confine_user *user)
{
	return user->uid != geteuid() || user->gid != getegid();
}

static const char *become(const struct confine_user *user)
{
	if (setgroups(0, NULL) != 0 && geteuid() == 0) {
		return "groups";
	}
	if (is_other(user) &&
	    (setresgid(user->gid, user->gid, user->gid) != 0 || setresuid(user->uid, user->uid, user->uid) != 0)) {
		return "user";
	}
	return NULL;
}

/* The kernel forgets this wish when the user changes. */
static bool end_with_supervisor(void)
{
	const char *text = getenv(CONFINE_SUPERVISOR);
	uint64_t pid;
	if (!text || !number_parse(slice_of(text), INT32_MAX, &pid)) {
		return true;
	}
	return prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0) == 0 && getppid() == (pid_t)pid;
}

struct capability_header {
	uint32_t version;
	int32_t pid;
};

/* As the kernel numbers them: what roles need until they have given up everything, when they are started by root. */
static const int capabilities_of_birth[] = {
	0, /* CHOWN: sockets */
	1, /* DAC_OVERRIDE: folders of others */
	2, /* DAC_READ_SEARCH */
	3, /* FOWNER */
	5, /* KILL: signals to the roles */
	6, /* SETGID */
	7, /* SETUID */
	8, /* SETPCAP: to drop the rest */
	10, /* NET_BIND_SERVICE */
	14, /* IPC_LOCK: keys */
	24, /* SYS_RESOURCE: more open files */
};

struct capability_sets {
	uint32_t effective, permitted, inheritable;
};

/* From the bounding set while we still may. */
static void drop_bounding(void)
{
	for (int i = 0; i <= LAST_CAPABILITY; i++) {
		(void)prctl(PR_CAPBSET_DROP, i, 0, 0, 0);
	}
}

static bool drop_capabilities(void)
{
	struct capability_header header = { .version = CAPABILITY_VERSION };
	const struct capability_sets none[2] = { 0 };
	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	return syscall(SYS_capset, &header, none) == 0;
}

/* ---- all of it ---- */

static const char *const call_names[] = { "accept", "read-files", "write-files", "remove-files",
	                                  "unix",   "inet",       "threads" };

static slice name_calls(unsigned calls, char at[static 80])
{
	size_t n = 0;
	at[0] = 0;
	for (size_t i = 0; i < sizeof(call_names) / sizeof(call_names[0]); i++) {
		if (calls & 1u << i) {
			n += (size_t)snprintf(at + n, 80 - n, "%s%s", n ? "+" : "", call_names[i]);
		}
	}
	return slice_make(at, n);
}

static slice or_none(const char *path)
{
	return path ? slice_of(path) : S("none");
}

/* What has no room is left out. */
static slice name_folders(const char *first, const char *const *more, char at[static NAMES_OCTETS])
{
	struct buf b = { .at = at, .room = NAMES_OCTETS, .max = NAMES_OCTETS };
	buf_put_text(&b, first ? first : more && *more ? *more++ : "none");
	for (; more && *more; more++) {
		buf_put_char(&b, ',');
		buf_put_text(&b, *more);
	}
	return buf_slice(&b);
}

static void tell(const struct confine *keeps, const struct outcome *o, struct log *log)
{
	char classes[80], reads[NAMES_OCTETS], removes[NAMES_OCTETS];
	if (o->landlock_abi == 0) {
		LOG(log, LOG_LEVEL_WARNING, "no-landlock",
		    LOG_TEXT("reason", S("this kernel has none: files are guarded by their owner and mode only")));
	}
	LOG(log, LOG_LEVEL_NOTICE, "confined", LOG_NUMBER("uid", geteuid()), LOG_NUMBER("gid", getegid()),
	    LOG_TEXT("capabilities", S("none")), LOG_NUMBER("seccomp", o->calls),
	    LOG_TEXT("keeps", name_calls(keeps->calls, classes)), LOG_NUMBER("landlock", o->landlock_abi),
	    LOG_TEXT("read", name_folders(keeps->read_below, keeps->also_read, reads)),
	    LOG_TEXT("write", or_none(keeps->write_below)),
	    LOG_TEXT("remove", name_folders(keeps->remove_in, keeps->also_remove, removes)),
	    LOG_TEXT("locked", slice_of(o->locked)), LOG_TEXT("dumpable", S("no")),
	    LOG_TEXT("sanitizer", UNDER_SANITIZER ? S("no-memory-limit,no-leak-check") : S("no")));
}

enum signet_status confine(const struct confine *keeps, struct log *log)
{
	struct outcome o = { 0 };
	const char *what = set_limits(keeps);
	if (what) {
		return fail(log, what, errno);
	}
	o.locked = keeps->lock_memory ? lock_memory(log) : "not-asked";
	drop_bounding();
	if (keeps->user && (what = become(keeps->user))) {
		return fail(log, what, errno);
	}
	if (!end_with_supervisor()) {
		return fail(log, "supervisor", ESRCH);
	}
	if (!drop_capabilities()) {
		return fail(log, "capabilities", errno);
	}
	/* threads count as processes; and root is never counted */
	if (!(keeps->calls & CONFINE_THREADS) && !limit(RLIMIT_NPROC, 0)) {
		return fail(log, "processes", errno);
	}
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
		return fail(log, "privileges", errno);
	}
	const char *path = "files";
	const struct landlock_rules rules = {
		.read_below = keeps->read_below,
		.also_read = keeps->also_read,
		.also_remove = keeps->also_remove,
		.write_below = keeps->write_below,
		.remove_in = keeps->remove_in,
		.uses_tcp = keeps->calls & CONFINE_INET_SOCKETS,
		.connect_ports = keeps->connect_ports,
	};
	int error = landlock_confine(&rules, &o.landlock_abi, &path);
	if (error != 0) {
		return fail(log, path, -error);
	}
	error = calls_confine(keeps->calls, &o.calls);
	if (error != 0) {
		return fail(log, "calls", -error);
	}
#if UNDER_SANITIZER
	is_confined = true;
#endif
	tell(keeps, &o, log);
	return SIGNET_OK;
}

/* From the bounding set, for what is started, and from what we hold ourselves. */
static bool keep_capabilities_of_birth(void)
{
	struct capability_header header = { .version = CAPABILITY_VERSION };
	struct capability_sets held[2] = { 0 };
	uint64_t birth = 0;
	for (size_t i = 0; i < sizeof(capabilities_of_birth) / sizeof(capabilities_of_birth[0]); i++) {
		birth |= UINT64_C(1) << capabilities_of_birth[i];
	}
	for (int i = 0; i <= LAST_CAPABILITY; i++) {
		if (!(birth >> i & 1)) {
			(void)prctl(PR_CAPBSET_DROP, i, 0, 0, 0); /* an ordinary user has none to drop */
		}
	}
	if (syscall(SYS_capget, &header, held) != 0) {
		return false;
	}
	for (size_t i = 0; i < 2; i++) {
		uint32_t kept = (uint32_t)(birth >> 32 * i);
		held[i].effective &= kept;
		held[i].permitted &= kept;
		held[i].inheritable &= kept;
	}
	return syscall(SYS_capset, &header, held) == 0;
}

enum signet_status confine_supervisor(struct log *log)
{
	if (!keep_capabilities_of_birth()) {
		return fail(log, "capabilities", errno);
	}
	if (!limit(RLIMIT_CORE, 0)) {
		return fail(log, "core files", errno);
	}
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
		return fail(log, "privileges", errno);
	}
#if UNDER_SANITIZER
	is_confined = true; /* it looks for leaks by ptrace() */
#endif
	int error = calls_restrain();
	return error == 0 ? SIGNET_OK : fail(log, "calls", -error);
}
