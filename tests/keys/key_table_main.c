/* SPDX-License-Identifier: Apache-2.0 */
/* The command signet key table as a program of its own:  key-table table [OPTION]... */
#include <stdio.h>

#include "../../cmd/key_table.h"

bool write_out(slice text)
{
	return !text.len || fwrite(text.at, 1, text.len, stdout) == text.len;
}

enum exit_status worse(enum exit_status a, enum exit_status b)
{
	return a > b ? a : b;
}

int main(int argc, char **argv)
{
	struct options o;
	enum exit_status status = EXIT_USAGE;
	if (options_parse("key table", OPTIONS_COMMON | OPTIONS_KEY_TABLE, argc, argv, &o)) {
		status = key_table(&o);
	}
	options_finish(&o);
	return (int)status;
}
