/* SPDX-License-Identifier: Apache-2.0 */
/* diagnosis: how much of a worker's time goes into finding out what broke signatures.
 *
 *     switch (diagnosis_allow(&budget, now_us, matters)) ...
 *     diagnosis_spend(&budget, took_us);
 *
 * A diagnosis hashes the body many times over: tens of milliseconds, a hundred times what the verdict costs, and anybody can
 * send messages that ask for one.  So all of them together get a sixteenth of the time.  What could change the decision (a
 * change that is undone softens it, check.h) is looked for with most effort and may run into debt; what only explains is
 * looked for with less, and not at all while there is a debt.  Then a finding says so. */
#ifndef SIGNET_SERVICE_MILTER_DIAGNOSIS_H
#define SIGNET_SERVICE_MILTER_DIAGNOSIS_H

#include <stdbool.h>
#include <stdint.h>

#define DIAGNOSIS_SHARE 16 /* one part of so many */
#define DIAGNOSIS_CREDIT_US ((int64_t)500 * 1000) /* is saved up at most */
#define DIAGNOSIS_DEBT_US ((int64_t)500 * 1000) /* that what matters may leave behind */
/* Halvings of the effort (check.h): nobody else of this worker is served meanwhile.  All of it took up to 350 ms of CPU for
 * bodies of a few kilobytes, four halvings take up to some 20; footers and tags of lists are found by much less. */
#define DIAGNOSIS_THRIFT_MOST 4
#define DIAGNOSIS_THRIFT_SOME 5 /* where it only explains */
#define DIAGNOSIS_THRIFT_NONE 13 /* where there is no time: no effort, and a finding */

enum diagnosis_effort {
	DIAGNOSIS_NONE,
	DIAGNOSIS_SOME,
	DIAGNOSIS_MOST,
};

/* Zeroed at the start. */
struct diagnosis_budget {
	int64_t credit_us;
	int64_t last_us; /* 0: never asked */
};

/* `now_us` is a clock that never goes back. */
enum diagnosis_effort diagnosis_allow(struct diagnosis_budget *b, int64_t now_us, bool matters);
/* For signet_check_set_thrift(). */
unsigned diagnosis_thrift(enum diagnosis_effort effort);
void diagnosis_spend(struct diagnosis_budget *b, int64_t took_us);

#endif
