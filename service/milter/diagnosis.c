/* SPDX-License-Identifier: Apache-2.0 */
#include "diagnosis.h"

static void save(struct diagnosis_budget *b, int64_t now_us)
{
	int64_t earned = b->last_us ? (now_us - b->last_us) / DIAGNOSIS_SHARE : DIAGNOSIS_CREDIT_US;
	if (earned > 0) {
		b->credit_us += earned;
		b->last_us = now_us;
	}
	if (b->credit_us > DIAGNOSIS_CREDIT_US) {
		b->credit_us = DIAGNOSIS_CREDIT_US;
	}
}

enum diagnosis_effort diagnosis_allow(struct diagnosis_budget *b, int64_t now_us, bool matters)
{
	save(b, now_us);
	if (matters) {
		return b->credit_us > -DIAGNOSIS_DEBT_US ? DIAGNOSIS_MOST : DIAGNOSIS_NONE;
	}
	return b->credit_us > 0 ? DIAGNOSIS_SOME : DIAGNOSIS_NONE;
}

unsigned diagnosis_thrift(enum diagnosis_effort effort)
{
	static const unsigned thrifts[] = { [DIAGNOSIS_NONE] = DIAGNOSIS_THRIFT_NONE,
		                            [DIAGNOSIS_SOME] = DIAGNOSIS_THRIFT_SOME,
		                            [DIAGNOSIS_MOST] = DIAGNOSIS_THRIFT_MOST };
	return thrifts[effort];
}

void diagnosis_spend(struct diagnosis_budget *b, int64_t took_us)
{
	b->credit_us -= took_us > 0 ? took_us : 0;
}
