/* SPDX-License-Identifier: Apache-2.0 */
/* Rules from the text of a configuration. */
#ifndef SIGNET_TESTS_POLICY_MADE_H
#define SIGNET_TESTS_POLICY_MADE_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../../service/conf/conf.h"
#include "../../service/policy/rules.h"
#include "../support/rows.h"

static char made_path[] = "/tmp/signet-test-policy-XXXXXX";

static inline void made_begin(void)
{
	int fd = mkstemp(made_path);
	if (fd < 0) {
		abort();
	}
	close(fd);
}

static inline void made_end(void)
{
	unlink(made_path);
}

/* `error` is begun here; NULL if the configuration or the rules are not good. */
static inline struct rules *made_rules(const char *text, struct buf *error)
{
	FILE *file = fopen(made_path, "w");
	if (!file) {
		abort();
	}
	fputs(text, file);
	fclose(file);
	buf_init(error, 1 << 16);
	struct conf *conf = conf_read_all(made_path, error);
	struct rules *rules = conf ? rules_new(conf, made_path, error) : NULL;
	conf_free(conf); /* they must not need it */
	return rules;
}

/* The same of a text that must be good. */
static inline struct rules *made_good(const char *text)
{
	struct buf error;
	struct rules *rules = made_rules(text, &error);
	if (!rules) {
		fprintf(stderr, "%.*s\n", (int)error.len, error.at);
		abort();
	}
	buf_finish(&error);
	return rules;
}

static inline struct signet_ip made_ip(const char *text)
{
	struct signet_ip ip = { 0 };
	if (text) {
		(void)signet_ip_parse(slice_of(text), &ip);
	}
	return ip;
}

#endif
