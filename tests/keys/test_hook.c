/* SPDX-License-Identifier: Apache-2.0 */
#include "../../service/keys/hook.h"

#include <signal.h>

#include "../support/rows.h"
#include "folder.h"

static void row(const char *what, const char *program, int timeout_ms, const char *want)
{
	struct buf error;
	buf_init(&error, 1 << 14);
	bool ok =
		hook_run(program, "publish", S("s._domainkey.example.com"), 3600, S("v=DKIM1; p="), timeout_ms, &error);
	row_bool("-", what, ok, !*want);
	row_bool("-", *want ? want : "without a word",
	         *want ? slice_find(buf_slice(&error), slice_of(want)) != SLICE_NONE : !error.len, true);
	buf_finish(&error);
}

static const char *script(const char *name, const char *text)
{
	file_write(name, slice_of(text), 0700);
	return path_of(name);
}

int main(void)
{
	char long_name[5000];
	folder_make();
	memset(long_name, 'x', sizeof(long_name) - 1);
	long_name[sizeof(long_name) - 1] = 0;
	row("a program that does it", "/bin/true", 10000, "");
	row("found by PATH", "true", 10000, "");
	(void)signal(SIGCHLD, SIG_IGN);
	row("started by who ignores SIGCHLD", "/bin/true", 10000, "");
	row("one that fails", "/bin/false", 10000, "/bin/false: it ended with exit status 1");
	row("one that is not there", "/nonexistent", 10000, "/nonexistent: it cannot be run");
	row("a directory", "/tmp", 10000, "/tmp: it cannot be run");
	row("words are words, not a command", "true; true", 10000, "it cannot be run");
	row("a name too long", long_name, 10000, "too long");
	row("one that is killed", script("killed", "#!/bin/sh\nkill -9 $$\n"), 10000, "it was ended by signal 9");
	row("one that never ends", script("sleeps", "#!/bin/sh\nsleep 1000\n"), 100, "did not end in time");
	row("its words",
	    script("words", "#!/bin/sh\ntest $# = 5 -a \"$1/$2/$3/$4/$5\" = "
	                    "'publish/s._domainkey.example.com/TXT/3600/v=DKIM1; p='\n"),
	    10000, "");
	row("its standard input is empty", script("reads", "#!/bin/sh\ntest -z \"$(cat)\"\n"), 10000, "");
	folder_remove();
	return rows_end();
}
