/*
 * moment.h
 *		While a moment lasts, consented() need not ask again for whom, for what and when it answers.
 *
 * Whether the answer of the row before stands on the same ground as the one
 * asked for now (the same snapshot, user, statement time) takes as long to
 * compare as the answer itself.  A moment is a stretch of the run of one query
 * in which none of that can change: it ends when any query begins or ends to
 * run, when any statement is made ready, when a set changes, and when a
 * sub-transaction is rolled back.  It counts for calls that are part of the
 * running query's plan and of nothing else: their state lives in its context.
 */
#ifndef MOBANON_MOMENT_H
#define MOBANON_MOMENT_H

#include "postgres.h"

#include "fmgr.h"

extern uint64 consent_moment;	/* never 0 */
extern MemoryContext consent_running;	/* of the query that runs, NULL for none */

static inline void
consent_moment_ends(void)
{
	consent_moment++;
}

/* Is the call part of the plan of the query that runs? */
static inline bool
consent_call_is_running(const FmgrInfo *flinfo)
{
	return flinfo->fn_mcxt == consent_running;
}

extern void consent_moment_init(void);

#endif							/* MOBANON_MOMENT_H */
