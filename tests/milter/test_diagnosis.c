/* SPDX-License-Identifier: Apache-2.0 */
/* How much time goes into finding out what broke signatures. */
#include "../../service/milter/diagnosis.h"
#include "../support/rows.h"

#define SECOND ((int64_t)1000000)

static void single(void)
{
	struct diagnosis_budget b = { 0 };
	row_number("mta:diagnosis", "the first one that matters", diagnosis_allow(&b, SECOND, true), DIAGNOSIS_MOST);
	diagnosis_spend(&b, SECOND / 10);
	row_number("mta:diagnosis", "the next that explains", diagnosis_allow(&b, SECOND + 1, false), DIAGNOSIS_SOME);
	diagnosis_spend(&b, SECOND);
	row_number("mta:diagnosis", "a debt ends what explains", diagnosis_allow(&b, SECOND + 2, false),
	           DIAGNOSIS_NONE);
	row_number("mta:diagnosis", "and, when it is large, what matters", diagnosis_allow(&b, SECOND + 3, true),
	           DIAGNOSIS_NONE);
	row_number("mta:diagnosis", "it is paid off", diagnosis_allow(&b, 30 * SECOND, false), DIAGNOSIS_SOME);
}

/* Whatever comes, the share is kept. */
static void flood(bool matters)
{
	struct diagnosis_budget b = { 0 };
	int64_t now_us = SECOND, spent_us = 0;
	while (now_us < 1001 * SECOND) {
		if (diagnosis_allow(&b, now_us, matters) != DIAGNOSIS_NONE) {
			diagnosis_spend(&b, SECOND / 10);
			spent_us += SECOND / 10;
			now_us += SECOND / 10;
		}
		now_us += SECOND / 1000;
	}
	row_bool("mta:diagnosis", "a flood gets its share and no more",
	         spent_us < 66 * SECOND && spent_us > 55 * SECOND, true);
}

static void silence(void)
{
	struct diagnosis_budget b = { 0 };
	diagnosis_allow(&b, SECOND, false);
	diagnosis_allow(&b, 100000 * SECOND, false);
	row_number("mta:diagnosis", "what is saved up is bounded", b.credit_us, DIAGNOSIS_CREDIT_US);
	diagnosis_allow(&b, SECOND, false);
	row_number("mta:diagnosis", "a clock that goes back earns nothing", b.credit_us, DIAGNOSIS_CREDIT_US);
}

int main(void)
{
	single();
	flood(true);
	flood(false);
	silence();
	return rows_end();
}
