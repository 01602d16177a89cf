/* SPDX-License-Identifier: Apache-2.0 */
#include "../check/check.h"
#include "requirements.h"

enum signet_status signet_requirements_eval(enum signet_provider provider, const struct signet_check *check,
					    struct signet_arena *arena, struct signet_requirements *ret)
{
	const struct mail_header *header = check_header(check);
	const struct signet_dossier *dossier = signet_check_dossier(check);
	if (!header || !dossier) {
		return SIGNET_MISUSE;
	}
	return requirements_eval(provider, header, dossier, arena, ret);
}
