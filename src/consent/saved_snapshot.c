/*
 * saved_snapshot.c
 *		What a snapshot saw as ended, kept beyond its life.
 *
 * A saved snapshot stands for what was committed, without the changes of the
 * transaction that took it.
 */
#include "consented.h"

#include "access/xact.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

/* A transaction id with its epoch; it is not in the future. */
static FullTransactionId
widen(TransactionId xid)
{
	FullTransactionId next = ReadNextFullTransactionId();
	uint32		epoch = EpochFromFullTransactionId(next);

	if (xid > XidFromFullTransactionId(next))
		epoch--;
	return FullTransactionIdFromEpochAndXid(epoch, xid);
}

/* The top-level transactions that were running: on a standby they are all in subxip. */
static const TransactionId *
running_of(Snapshot snapshot, int *n)
{
	if (snapshot->takenDuringRecovery)
	{
		*n = snapshot->subxcnt;
		return snapshot->subxip;
	}
	*n = (int) snapshot->xcnt;
	return snapshot->xip;
}

void
saved_snapshot_take(SavedSnapshot *saved, Snapshot snapshot)
{
	int			n;
	const TransactionId *running = running_of(snapshot, &n);
	TransactionId *copy = MemoryContextAlloc(TopMemoryContext, Max(n, 1) * sizeof(TransactionId));

	memcpy(copy, running, n * sizeof(TransactionId));
	qsort(copy, n, sizeof(TransactionId), xidComparator);
	saved_snapshot_free(saved);
	saved->xmin = snapshot->xmin;
	saved->xmax = snapshot->xmax;
	saved->full_xmin = widen(snapshot->xmin);
	saved->n = n;
	saved->running = copy;
}

void
saved_snapshot_copy(SavedSnapshot *to, const SavedSnapshot *from)
{
	TransactionId *copy = MemoryContextAlloc(TopMemoryContext, Max(from->n, 1) * sizeof(TransactionId));

	memcpy(copy, from->running, from->n * sizeof(TransactionId));
	saved_snapshot_free(to);
	*to = *from;
	to->running = copy;
}

void
saved_snapshot_free(SavedSnapshot *saved)
{
	if (saved->running != NULL)
		pfree(saved->running);
	saved->running = NULL;
	saved->n = 0;
}

/*
 * Does the snapshot see everything that the saved one saw?  It does when each
 * transaction that is running for it was running for the saved one, too.
 */
bool
saved_snapshot_is_within(const SavedSnapshot *saved, Snapshot snapshot)
{
	int			n;
	const TransactionId *running = running_of(snapshot, &n);

	if (snapshot->snapshot_type != SNAPSHOT_MVCC || TransactionIdPrecedes(snapshot->xmax, saved->xmax))
		return false;
	for (int i = 0; i < n; i++)
	{
		if (TransactionIdPrecedes(running[i], saved->xmax) &&
			bsearch(&running[i], saved->running, saved->n, sizeof(TransactionId), xidComparator) == NULL)
			return false;
	}
	return true;
}
