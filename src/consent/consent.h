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
	Span   *intervals;		/* ascending, the caller's array */
} History;

extern int	decisions_normalize(Decision *decisions, int n);
extern int	decisions_merge(const Decision *a, int na, const Decision *b, int nb, Decision *out);
extern void history_of(const Decision *decisions, int n, History *history);

/* ---- consent_set.c: no Datum ---------------------------------------------- */

/* When a subject's events may be read. */
typedef struct ConsentTimes
{
	int			n;
	const Span *intervals;	/* the last one is the one in force */
	Span	only;			/* where n = 1 needs no array */
} ConsentTimes;

typedef struct ConsentSlot
{
	uint64		key;			/* 0: free */
	int64		value;
} ConsentSlot;

/* A set of subjects with their times; position-independent but for the pointers here. */
typedef struct ConsentSet
{
	MemoryContext context;
	uint64		capacity;
	uint64		used;
	ConsentSlot *slots;
	uint64		arena_size;
	uint64		arena_used;
	char	   *arena;
} ConsentSet;

/* A subject as the set sees it: a number where it is one, else its bytes. */
typedef struct ConsentKey
{
	uint64		key;
	const char *bytes;			/* NULL for a number */
	int			len;
} ConsentKey;

extern ConsentKey consent_key_from_bytes(const char *bytes, int len);
extern ConsentKey consent_key_from_int64(int64 value, char buffer[SUBJECT_INT64_BUFFER]);
extern void consent_set_init(ConsentSet *set, MemoryContext context, uint64 expected);
extern void consent_set_put(ConsentSet *set, ConsentKey key, const History *history, bool earlier);
extern bool consent_set_find(const ConsentSet *set, ConsentKey key, ConsentTimes *times);
extern uint64 consent_set_capacity_for(uint64 subjects);
extern void consent_set_copy_slots(const ConsentSet *set, ConsentSlot *slots, uint64 capacity);
extern void consent_times_of(const History *history, bool earlier, ConsentTimes *times);

/* May an event of then be read now?  In force at both times. */
static inline bool
consent_times_allow(const ConsentTimes *times, TimestampTz then, TimestampTz now)
{
	const Span *last;

	if (times->n == 0)
		return false;
	last = times->n == 1 ? &times->only : &times->intervals[times->n - 1];
	if (now < last->from || now >= last->until)
		return false;
	if (then >= last->from)
		return then < last->until;
	for (int i = times->n - 2; i >= 0; i--)
	{
		if (then >= times->intervals[i].from)
			return then < times->intervals[i].until;
	}
	return false;
}

/* ---- consented.c ----------------------------------------------------------- */

extern void consented_init(void);

/* ---- guard.c --------------------------------------------------------------- */

extern void guard_init(void);

#endif							/* MOBANON_CONSENT_H */
