/*
 * erase.c
 *		What a change of the keyring leaves behind, and how it goes.
 *
 * PostgreSQL keeps the old version of a changed row, and its bytes stay in the
 * page even after VACUUM.  For a wrapped key that is too long: the root key
 * would open it.  So a transaction that changed the keyring overwrites, before
 * it commits, every wrapped key
 *		- of an epoch that is shredded, in all versions of its row,
 *		- of any other row version that nobody can see any more,
 * and the unused part of every page.  This is logged as generic WAL, which
 * holds the zeros and not what they replace, so replicas do the same.
 *
 * The erasure comes before the commit record.  Should the server fail between
 * the two, the row says "not shredded" and its key is zeros: keyring.c and the
 * view mobanon.keyring take that for shredded, which it is.
 *
 * After the commit all other sessions of the database are woken, since an idle
 * one would hold its keys until its next statement.
 */
#include "pseudonym.h"

#include "access/generic_xlog.h"
#include "access/genam.h"
#include "access/heapam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "miscadmin.h"
#include "storage/bufmgr.h"
#include "storage/proc.h"
#include "storage/procarray.h"
#include "storage/procsignal.h"
#include "utils/hsearch.h"
#include "utils/rel.h"
#include "utils/resowner.h"

/* The table key_epoch, if this transaction changed the keyring. */
static Oid	changed_relid = InvalidOid;

typedef struct EpochName
{
	int32		domain_id;
	int32		epoch;
} EpochName;

static EpochName
epoch_name(HeapTuple tuple, TupleDesc desc)
{
	EpochName	name;
	bool		isnull;

	name.domain_id = DatumGetInt32(heap_getattr(tuple, EPOCH_DOMAIN, desc, &isnull));
	name.epoch = DatumGetInt32(heap_getattr(tuple, EPOCH_NUMBER, desc, &isnull));
	return name;
}

/* The epochs that are shredded in the eyes of this transaction. */
static HTAB *
shredded_epochs(Relation rel)
{
	HASHCTL		ctl = {.keysize = sizeof(EpochName), .entrysize = sizeof(EpochName), .hcxt = CurrentMemoryContext};
	HTAB	   *shredded = hash_create("mobanon shredded epochs", 64, &ctl, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	SysScanDesc scan = systable_beginscan(rel, InvalidOid, false, NULL, 0, NULL);
	HeapTuple	tuple;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		if (heap_attisnull(tuple, EPOCH_WRAPPED, RelationGetDescr(rel)))
		{
			EpochName	name = epoch_name(tuple, RelationGetDescr(rel));

			(void) hash_search(shredded, &name, HASH_ENTER, NULL);
		}
	}
	systable_endscan(scan);
	return shredded;
}

static bool
all_zero(const char *bytes, int len)
{
	for (int i = 0; i < len; i++)
	{
		if (bytes[i] != 0)
			return false;
	}
	return true;
}

/*
 * The wrapped key of a row version, if it has to go: where it is in the page,
 * and its length.  NULL if it may stay, or went already.
 */
static char *
key_to_erase(Relation rel, Buffer buffer, OffsetNumber offset, TransactionId horizon,
			 HTAB *shredded, int *len)
{
	Page		page = BufferGetPage(buffer);
	ItemId		item = PageGetItemId(page, offset);
	HeapTupleData tuple;
	Datum		wrapped;
	bool		isnull;
	EpochName	name;

	if (!ItemIdIsNormal(item))
		return NULL;
	tuple.t_tableOid = RelationGetRelid(rel);
	tuple.t_data = (HeapTupleHeader) PageGetItem(page, item);
	tuple.t_len = ItemIdGetLength(item);
	ItemPointerSet(&tuple.t_self, BufferGetBlockNumber(buffer), offset);
	wrapped = heap_getattr(&tuple, EPOCH_WRAPPED, RelationGetDescr(rel), &isnull);
	if (isnull)
		return NULL;
	name = epoch_name(&tuple, RelationGetDescr(rel));
	if (hash_search(shredded, &name, HASH_FIND, NULL) == NULL &&
		HeapTupleSatisfiesVacuum(&tuple, horizon, buffer) != HEAPTUPLE_DEAD)
		return NULL;
	/* Stored PLAIN: never compressed, never elsewhere. */
	*len = VARSIZE_ANY_EXHDR(DatumGetPointer(wrapped));
	if (all_zero(VARDATA_ANY(DatumGetPointer(wrapped)), *len))
		return NULL;
	return VARDATA_ANY(DatumGetPointer(wrapped));
}

/* Overwrite, in one page that is locked, what has to go. */
static void
erase_in_page(Relation rel, Buffer buffer, TransactionId horizon, HTAB *shredded)
{
	Page		page = BufferGetPage(buffer);
	PageHeader	header = (PageHeader) page;
	int			start[MaxHeapTuplesPerPage];
	int			len[MaxHeapTuplesPerPage];
	int			n = 0;
	GenericXLogState *state;
	Page		copy;

	if (PageIsNew(page))
		return;
	for (OffsetNumber offset = FirstOffsetNumber; offset <= PageGetMaxOffsetNumber(page); offset++)
	{
		char	   *key = key_to_erase(rel, buffer, offset, horizon, shredded, &len[n]);

		if (key != NULL)
			start[n++] = key - (char *) page;
	}
	if (n == 0 && all_zero((char *) page + header->pd_lower, header->pd_upper - header->pd_lower))
		return;
	/* Finishing zeroes what lies between pd_lower and pd_upper. */
	state = GenericXLogStart(rel);
	copy = GenericXLogRegisterBuffer(state, buffer, 0);
	for (int i = 0; i < n; i++)
		memset((char *) copy + start[i], 0, len[i]);
	GenericXLogFinish(state);
}

static void
erase_left_keys(Oid relid)
{
	/* Gone if the transaction dropped the extension, too. */
	Relation	rel = try_table_open(relid, RowExclusiveLock);
	HTAB	   *shredded;
	TransactionId horizon;
	BlockNumber blocks;

	if (rel == NULL)
		return;
	shredded = shredded_epochs(rel);
	horizon = GetOldestNonRemovableTransactionId(rel);
	blocks = RelationGetNumberOfBlocks(rel);
	for (BlockNumber block = 0; block < blocks; block++)
	{
		Buffer		buffer;

		CHECK_FOR_INTERRUPTS();
		buffer = ReadBuffer(rel, block);
		LockBuffer(buffer, BUFFER_LOCK_EXCLUSIVE);
		erase_in_page(rel, buffer, horizon, shredded);
		UnlockReleaseBuffer(buffer);
	}
	hash_destroy(shredded);
	table_close(rel, NoLock);
}

static void
before_transaction_end(XactEvent event, void *arg)
{
	if (!OidIsValid(changed_relid))
		return;
	if (event == XACT_EVENT_PRE_COMMIT)
		erase_left_keys(changed_relid);
	else if (event == XACT_EVENT_PRE_PREPARE)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("cannot PREPARE a transaction that has changed the keyring")));
}

/* Sessions that wait for a client take invalidations when told to catch up. */
static void
wake_other_sessions(void)
{
	for (uint32 i = 0; i < ProcGlobal->allProcCount; i++)
	{
		PGPROC	   *proc = &ProcGlobal->allProcs[i];

		if (proc->pid != 0 && proc->pid != MyProcPid && proc->databaseId == MyDatabaseId)
			(void) SendProcSignal(proc->pid, PROCSIG_CATCHUP_INTERRUPT, -1);
	}
}

/*
 * The last phase, since by then this transaction's invalidations are sent,
 * which at XACT_EVENT_COMMIT they are not yet.
 */
static void
after_transaction_end(ResourceReleasePhase phase, bool commit, bool top_level, void *arg)
{
	if (!OidIsValid(changed_relid) || !top_level || phase != RESOURCE_RELEASE_AFTER_LOCKS)
		return;
	changed_relid = InvalidOid;
	if (commit)
		wake_other_sessions();
}

/* The current transaction changes the keyring. */
void
erase_at_commit(Oid epoch_relid)
{
	changed_relid = epoch_relid;
}

void
erase_init(void)
{
	RegisterXactCallback(before_transaction_end, NULL);
	RegisterResourceReleaseCallback(after_transaction_end, NULL);
}
