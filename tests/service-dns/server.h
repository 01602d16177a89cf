/* SPDX-License-Identifier: Apache-2.0 */
/* server: real and scripted name servers on a loopback port, for the life of a test.
 *
 * All processes are children that die with the test; all files are below one temporary directory. */
#ifndef SIGNET_TESTS_SERVICE_DNS_SERVER_H
#define SIGNET_TESTS_SERVICE_DNS_SERVER_H

#include <stdbool.h>
#include <sys/types.h>

struct server {
	pid_t pid;
	char address[32]; /* "127.0.0.1@PORT" */
};

/* A new temporary directory; aborts if there is none.  Its files are removed by directory_remove(). */
void directory_make(char path[static 64]);
void directory_remove(const char *path);
/* Writes DIRECTORY/NAME and returns its path (freed by the caller). */
char *directory_write(const char *path, const char *name, const char *text);

struct zone_file {
	const char *origin; /* "example.com" */
	const char *file;
};

/* True if NSD can be run here. */
bool server_has_nsd(void);
/* Starts NSD with these zones and waits until it answers.  False: it does not. */
bool server_start_nsd(const char *directory, const struct zone_file *zones, size_t n, struct server *ret);
/* Starts a server that does what the first label says: "servfail", "refused", "notimp"; "drop": no answer; else one A
 * record 192.0.2.77, or NODATA for other types. */
void server_start_script(struct server *ret);
void server_stop(struct server *s);

#endif
