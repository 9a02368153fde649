/*
 * consented.h
 *		How the predicate reads its tables: scopes, states, snapshots.
 */
#ifndef MOBANON_CONSENTED_H
#define MOBANON_CONSENTED_H

#include "consent_set.h"

#include "access/transam.h"
#include "storage/dsm.h"
#include "utils/snapshot.h"

/* The category that decides about the row itself. */
#define LOCATION_CATEGORY "location"

/* ---- state_read.c ---------------------------------------------------------- */

/* A row of mobanon.consent_scope, and where the states are. */
typedef struct ScopeRow
{
	Oid			state_relid;
	int32		scope_id;
	int64		generation;		/* moves when states are deleted */
	bool		earlier;		/* events from before the grant may be used */
	uint64		expected;		/* rows of consent_state, estimated */
} ScopeRow;

typedef void (*StateCallback) (void *arg, ConsentKey key, const History *history, FullTransactionId writer);

extern bool scope_read(const char *purpose, const char *category, Snapshot snapshot, ScopeRow *row);
extern bool scope_may_ask(const char *purpose, Snapshot snapshot);
extern bool state_read_one(int32 scope_id, Subject subject, Snapshot snapshot, History *history);
extern void state_read_all(int32 scope_id, Snapshot snapshot, StateCallback callback, void *arg);
extern void state_read_since(int32 scope_id, FullTransactionId since, Snapshot snapshot,
							 StateCallback callback, void *arg);

/* ---- saved_snapshot.c ------------------------------------------------------ */

/* What a snapshot saw as ended, kept beyond its life. */
typedef struct SavedSnapshot
{
	TransactionId xmin;
	TransactionId xmax;
	FullTransactionId full_xmin;
	int			n;
	TransactionId *running;		/* sorted */
} SavedSnapshot;

extern void saved_snapshot_take(SavedSnapshot *saved, Snapshot snapshot);
extern void saved_snapshot_copy(SavedSnapshot *to, const SavedSnapshot *from);
extern void saved_snapshot_free(SavedSnapshot *saved);
extern bool saved_snapshot_is_within(const SavedSnapshot *saved, Snapshot snapshot);

static inline FullTransactionId
saved_snapshot_xmin(const SavedSnapshot *saved)
{
	return saved->full_xmin;
}

/* ---- consent_share.c ------------------------------------------------------- */

extern void consent_share_init(void);
extern bool consent_share_begin(const ScopeRow *row);
extern void consent_share_end(const ScopeRow *row);
extern bool consent_share_attach(const ScopeRow *row, uint64 *version, dsm_segment **segment,
								 ConsentSet *set, SavedSnapshot *at);
extern bool consent_share_publish(const ScopeRow *row, const ConsentSet *set, const SavedSnapshot *at);

#endif							/* MOBANON_CONSENTED_H */
