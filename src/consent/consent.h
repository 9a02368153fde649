/*
 * consent.h
 *		The entrance: whose events may be read, for which purpose.
 *
 *		ledger    (ledger.sql)     every decision, append-only
 *		  AFTER INSERT, merged
 *		state     (ledger.sql)     per scope and subject: all its decisions, sorted
 *		  read under the statement's snapshot
 *		history   (history.c)      decisions -> when consent was in force
 *		set       (consent_set.c)  subjects that consent, in memory
 *		consented (consented.c)    the predicate of the row-level-security policies
 *
 * A scope is a purpose and a data category; 'location' is the category that
 * decides about the row itself.
 */
#ifndef MOBANON_CONSENT_H
#define MOBANON_CONSENT_H

#include "mobanon.h"

#include "datatype/timestamp.h"
#include "utils/array.h"

/* ---- history.c: no Datum, no ereport -------------------------------------- */

/*
 * A decision: when it was taken, and its code: for a grant the end of its
 * validity (later than decided, infinity when it has none), else one of the
 * codes below, which are no possible end.
 */
typedef struct Decision
{
	TimestampTz decided;
	TimestampTz code;
} Decision;

#define DECISION_STOPPED		DT_NOBEGIN	/* refused, withdrawn or expired */
#define DECISION_INVALIDATED	(MIN_TIMESTAMP + 1)	/* the last grant never counted */
#define DECISION_ENDED			(MIN_TIMESTAMP + 2)	/* another person from here on */

/* Consent was in force at from, and until just before until. */
typedef struct Span
{
	TimestampTz from;
	TimestampTz until;
} Span;

/*
 * What a subject's decisions amount to.  open: the latest decision is a grant,
 * which may have lapsed since; floor: events before it are another person's.
 */
typedef struct History
{
	bool		open;
	TimestampTz floor;
	int			n;
	Span	   *spans;		/* ascending, the caller's array */
} History;

extern int	decisions_normalize(Decision *decisions, int n);
extern int	decisions_merge(const Decision *a, int na, const Decision *b, int nb, Decision *out);
extern void history_of(const Decision *decisions, int n, History *history);

/* ---- consented.c ----------------------------------------------------------- */

extern void consented_init(void);

/* ---- guard.c --------------------------------------------------------------- */

extern void guard_init(void);

#endif							/* MOBANON_CONSENT_H */
