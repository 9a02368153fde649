/*
 * scope.h
 *		A scope as a backend holds it, and the sets it answers from.
 */
#ifndef MOBANON_SCOPE_H
#define MOBANON_SCOPE_H

#include "consent_pages.h"
#include "consented.h"
#include "moment.h"

#include "access/xact.h"
#include "miscadmin.h"
#include "storage/proc.h"
#include "utils/timestamp.h"

/* A statement asks for a set that is there already after so many look-ups. */
#define LOOKUPS_BEFORE_SHARED 64

/* Which statement is it?  Two snapshots that agree in all of this see the same rows. */
typedef struct StatementId
{
	LocalTransactionId transaction;
	TransactionId xmin;
	TransactionId xmax;
	uint32		xcnt;
	int32		subxcnt;
	CommandId	curcid;
	uint64		completed;
	TimestampTz started;
	Oid			user;			/* who asks: SECURITY DEFINER changes it within a statement */
} StatementId;

/* Which numbers the pages are not to be asked about: bits by a hash, some for several numbers. */
#define CHANGED_SHIFT (64 - 18)
#define CHANGED_BYTES (sizeof(uint64) << (64 - CHANGED_SHIFT - 6))

typedef enum AnswerMode
{
	MODE_LOOKUP,				/* one by one */
	MODE_SET
} AnswerMode;

typedef struct Scope
{
	char		purpose[NAMEDATALEN];
	char		category[NAMEDATALEN];
	int			purpose_len;
	int			category_len;
	StatementId statement;		/* for which the rest is right */
	TimestampTz now;
	ScopeRow	row;
	AnswerMode	mode;
	const ConsentPages *pages;	/* of the base, where they may be asked */
	bool		set_usable;		/* base and delta stand for a snapshot this one includes */
	uint64		lookups;		/* of this statement */
	uint64		worth;			/* look-ups after which to want a set */
	/* the last subject looked up one by one */
	ConsentKey	last_key;
	char		last_bytes[64];
	ConsentTimes last_times;
	/* what is kept from statement to statement */
	MemoryContext base_context; /* NULL where the base is shared */
	dsm_segment *segment;		/* the shared base */
	uint64		version;		/* of the shared base */
	MemoryContext delta_context;
	MemoryContext own_context;
	ConsentSet	base;
	ConsentSet	delta;
	ConsentSet	own;
	uint64	   *changed;		/* the numbers in delta and own, by hash */
	bool		has_base;
	bool		delta_whole;	/* false while it is being brought forward */
	bool		has_own;
	SavedSnapshot base_at;
	SavedSnapshot delta_at;
} Scope;

extern Scope *scope_find(const text *purpose, const char *category, int category_len);
extern void scope_begin_statement(Scope *scope, Snapshot snapshot);
extern bool scope_try_set(Scope *scope, Snapshot snapshot);
extern void scope_init(void);

static inline LocalTransactionId
local_transaction(void)
{
#if PG_VERSION_NUM >= 170000
	return MyProc->vxid.lxid;
#else
	return MyProc->lxid;
#endif
}

static inline bool
is_statement(const StatementId *id, Snapshot snapshot)
{
	return id->curcid == snapshot->curcid &&
		id->completed == snapshot->snapXactCompletionCount &&
		id->xmax == snapshot->xmax &&
		id->xmin == snapshot->xmin &&
		id->xcnt == snapshot->xcnt &&
		id->subxcnt == snapshot->subxcnt &&
		id->transaction == local_transaction() &&
		id->started == GetCurrentStatementStartTimestamp() &&
		id->user == GetUserId();
}

/* Is all that the statement needs to know in the base? */
static inline bool
scope_is_base(const Scope *scope)
{
	return !scope->has_own && scope->delta.used == 0;
}

static inline uint64
changed_bit(uint64 number)
{
	return (number * UINT64CONST(0x9E3779B97F4A7C15)) >> CHANGED_SHIFT;
}

/* May what the pages say of this number be out of date? */
static inline bool
is_changed(const uint64 *changed, uint64 number)
{
	uint64		bit = changed_bit(number);

	return (changed[bit / 64] >> (bit % 64)) & 1;
}

/* Is it time to ask for a set?  Soon for one that is shared, later for one to be read. */
static inline bool
scope_wants_set(const Scope *scope)
{
	return scope->set_usable && (scope->lookups == LOOKUPS_BEFORE_SHARED || scope->lookups > scope->worth);
}

static inline bool
scope_is(const Scope *scope, const text *purpose, const char *category, int category_len)
{
	int			len = VARSIZE_ANY_EXHDR(purpose);

	return scope->purpose_len == len && scope->category_len == category_len &&
		memcmp(scope->purpose, VARDATA_ANY(purpose), len) == 0 &&
		memcmp(scope->category, category, category_len) == 0;
}

#endif							/* MOBANON_SCOPE_H */
