/* SPDX-License-Identifier: Apache-2.0 */
/* Feeds files to one fuzz harness: the seeds, and every input that once broke it, as a plain test.
 *
 *     fuzz-replay-NAME FOLDER...          prints TAP, a row a folder
 *
 * A harness says that it is unhappy by ending the process; the file it died on is then the last one named. */
#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The octets of a file in a block of exactly their size, so that one octet too far is seen; NULL: cannot be read. */
static uint8_t *read_file(const char *path, size_t *ret_size)
{
	FILE *file = fopen(path, "rb");
	if (!file) {
		return NULL;
	}
	uint8_t *data = NULL;
	if (fseek(file, 0, SEEK_END) == 0) {
		long size = ftell(file);
		rewind(file);
		data = size >= 0 ? malloc(size ? (size_t)size : 1) : NULL;
		if (data && fread(data, 1, (size_t)size, file) != (size_t)size) {
			free(data);
			data = NULL;
		}
		*ret_size = (size_t)size;
	}
	fclose(file);
	return data;
}

/* How many files of the folder went through; -1 if one could not be read. */
static int replay(const char *folder)
{
	DIR *dir = opendir(folder);
	int count = 0;
	if (!dir) {
		return 0;
	}
	for (struct dirent *entry; count >= 0 && (entry = readdir(dir));) {
		char path[4096];
		size_t size = 0;
		if (entry->d_name[0] == '.') {
			continue;
		}
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		printf("# %s\n", entry->d_name);
		fflush(stdout);
		uint8_t *data = read_file(path, &size);
		if (!data) {
			count = -1;
			break;
		}
		LLVMFuzzerTestOneInput(data, size);
		free(data);
		count++;
	}
	closedir(dir);
	return count;
}

int main(int argc, char **argv)
{
	int total = 0;
	bool good = argc > 1;
	for (int i = 1; i < argc && good; i++) {
		int count = replay(argv[i]);
		good = count >= 0;
		total += count;
	}
	/* A harness without a single seed starts its search from nothing: that is a mistake of ours. */
	good = good && total > 0;
	printf("%sok 1 - -: every input of the corpus is read\n1..1\n# %d inputs\n", good ? "" : "not ", total);
	return good ? 0 : 1;
}
