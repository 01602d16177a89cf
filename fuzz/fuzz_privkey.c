/* SPDX-License-Identifier: Apache-2.0 */
#include <signet/privkey.h>

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct signet *engine;
	struct signet_privkey *key = NULL;
	engine = engine ? engine : signet_new();
	(void)signet_privkey_read(engine, (signet_slice){ (const char *)data, size }, &key);
	signet_privkey_free(key);
	return 0;
}
