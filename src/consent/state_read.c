/*
 * state_read.c
 *		Reads consent_scope and consent_state under a given snapshot.
 *
 * Columns are known by number (see ledger.sql): they are only ever added at
 * the end.  No privilege is asked for: the policies that call consented()
 * decide who may, and what is read here never leaves as a row.
 */
#include "consented.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/tableam.h"
#include "miscadmin.h"
#include "storage/bufmgr.h"
#include "storage/predicate.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"
#include "utils/xid8.h"

/* mobanon.consent_scope */
enum {SCOPE_PURPOSE = 1, SCOPE_CATEGORY, SCOPE_ID, SCOPE_GENERATION, SCOPE_EARLIER, SCOPE_COLUMNS = SCOPE_EARLIER};

/* mobanon.purpose_role */
enum {PURPOSE_ROLE_PURPOSE = 1, PURPOSE_ROLE_ROLE};

/* mobanon.consent_state */
enum {STATE_WRITER = 1, STATE_SCOPE, STATE_SUBJECT, STATE_DECISIONS, STATE_COLUMNS = STATE_DECISIONS};

/* How many states there are, from what VACUUM and ANALYZE know and the size. */
static uint64
estimate_rows(Relation rel)
{
	BlockNumber pages = RelationGetNumberOfBlocks(rel);

	if (rel->rd_rel->reltuples > 0 && rel->rd_rel->relpages > 0)
		return (uint64) ((double) rel->rd_rel->reltuples / rel->rd_rel->relpages * pages);
	return (uint64) pages * 60;
}

/* The scope of a purpose and category; false when there is none. */
bool
scope_read(const char *purpose, const char *category, Snapshot snapshot, ScopeRow *row)
{
	Relation	rel = table_open(mobanon_relation("consent_scope"), AccessShareLock);
	Relation	state;
	ScanKeyData key[2];
	SysScanDesc scan;
	HeapTuple	tuple;
	bool		found;

	ScanKeyInit(&key[0], SCOPE_PURPOSE, BTEqualStrategyNumber, F_TEXTEQ, CStringGetTextDatum(purpose));
	ScanKeyInit(&key[1], SCOPE_CATEGORY, BTEqualStrategyNumber, F_TEXTEQ, CStringGetTextDatum(category));
	scan = systable_beginscan(rel, mobanon_relation("consent_scope_pkey"), true, snapshot, 2, key);
	tuple = systable_getnext(scan);
	found = HeapTupleIsValid(tuple);
	if (found)
	{
		Datum		values[SCOPE_COLUMNS];
		bool		nulls[SCOPE_COLUMNS];

		heap_deform_tuple(tuple, RelationGetDescr(rel), values, nulls);
		row->scope_id = DatumGetInt32(values[SCOPE_ID - 1]);
		row->generation = DatumGetInt64(values[SCOPE_GENERATION - 1]);
		row->earlier = DatumGetBool(values[SCOPE_EARLIER - 1]);
	}
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	if (!found)
		return false;

	row->state_relid = mobanon_relation("consent_state");
	state = table_open(row->state_relid, AccessShareLock);
	/* The set is read by other statements' scans: serializable ones depend on all of it. */
	PredicateLockRelation(state, snapshot);
	row->expected = estimate_rows(state);
	table_close(state, AccessShareLock);
	return true;
}

/*
 * Does the current role process for the purpose?  Superusers, and mobanon's own
 * functions, may ask for any.
 */
bool
scope_may_ask(const char *purpose, Snapshot snapshot)
{
	Oid			user = GetUserId();
	Relation	rel;
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;
	bool		may;

	if (superuser_arg(user))
		return true;
	rel = table_open(mobanon_relation("purpose_role"), AccessShareLock);
	may = rel->rd_rel->relowner == user;
	ScanKeyInit(&key, PURPOSE_ROLE_PURPOSE, BTEqualStrategyNumber, F_TEXTEQ, CStringGetTextDatum(purpose));
	scan = systable_beginscan(rel, mobanon_relation("purpose_role_pkey"), true, snapshot, 1, &key);
	while (!may && HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		bool		isnull;
		Oid			role = DatumGetObjectId(heap_getattr(tuple, PURPOSE_ROLE_ROLE, RelationGetDescr(rel), &isnull));

		may = has_privs_of_role(user, role);
	}
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	return may;
}

/*
 * The history in an array of timestamps: decision, code, decision, code, ...
 * Its intervals are in *buffer, which is made larger when needed.
 */
static void
history_from_array(Datum datum, History *history, Span **buffer, int *room)
{
	ArrayType  *array = DatumGetArrayTypeP(datum);
	int			n = ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));

	if (ARR_HASNULL(array) || n % 2 != 0)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("consent state is damaged"),
				 errhint("Rebuild it from the ledger with mobanon.rebuild_consent_state().")));
	if (n / 2 > *room)
	{
		if (*buffer != NULL)
			pfree(*buffer);
		*room = Max(n / 2, 8);
		*buffer = palloc(*room * sizeof(Span));
	}
	history->spans = *buffer;
	history_of((const Decision *) ARR_DATA_PTR(array), n / 2, history);
	if ((Pointer) array != DatumGetPointer(datum))
		pfree(array);
}

/* One subject's history; its intervals are allocated here.  False when there is none. */
bool
state_read_one(int32 scope_id, Subject subject, Snapshot snapshot, History *history)
{
	Relation	rel = table_open(mobanon_relation("consent_state"), AccessShareLock);
	text	   *value = cstring_to_text_with_len(subject.bytes, subject.len);
	Span   *buffer = NULL;
	int			room = 0;
	ScanKeyData key[2];
	SysScanDesc scan;
	HeapTuple	tuple;
	bool		isnull;

	ScanKeyInit(&key[0], STATE_SCOPE, BTEqualStrategyNumber, F_INT4EQ, Int32GetDatum(scope_id));
	ScanKeyInit(&key[1], STATE_SUBJECT, BTEqualStrategyNumber, F_TEXTEQ, PointerGetDatum(value));
	scan = systable_beginscan(rel, mobanon_relation("consent_state_pkey"), true, snapshot, 2, key);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
		history_from_array(heap_getattr(tuple, STATE_DECISIONS, RelationGetDescr(rel), &isnull),
						   history, &buffer, &room);
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	pfree(value);
	return buffer != NULL;
}

static void
call_with_state(TupleTableSlot *slot, Span **buffer, int *room, StateCallback callback, void *arg)
{
	text	   *subject;
	History		history;

	slot_getsomeattrs(slot, STATE_COLUMNS);
	subject = DatumGetTextPP(slot->tts_values[STATE_SUBJECT - 1]);
	history_from_array(slot->tts_values[STATE_DECISIONS - 1], &history, buffer, room);
	callback(arg, consent_key_from_bytes(VARDATA_ANY(subject), VARSIZE_ANY_EXHDR(subject)), &history,
			 DatumGetFullTransactionId(slot->tts_values[STATE_WRITER - 1]));
}

/* Every state of a scope, in one pass over the table. */
void
state_read_all(int32 scope_id, Snapshot snapshot, StateCallback callback, void *arg)
{
	Relation	rel = table_open(mobanon_relation("consent_state"), AccessShareLock);
	TupleTableSlot *slot = table_slot_create(rel, NULL);
	Span   *buffer = NULL;
	int			room = 0;
	uint64		rows = 0;
	ScanKeyData key;
	TableScanDesc scan;

	ScanKeyInit(&key, STATE_SCOPE, BTEqualStrategyNumber, F_INT4EQ, Int32GetDatum(scope_id));
	scan = table_beginscan(rel, snapshot, 1, &key);
	while (table_scan_getnextslot(scan, ForwardScanDirection, slot))
	{
		if ((++rows & 1023) == 0)
			CHECK_FOR_INTERRUPTS();
		call_with_state(slot, &buffer, &room, callback, arg);
	}
	table_endscan(scan);
	ExecDropSingleTupleTableSlot(slot);
	table_close(rel, AccessShareLock);
}

/* The states of a scope that transactions from "since" on have written. */
void
state_read_since(int32 scope_id, FullTransactionId since, Snapshot snapshot,
				 StateCallback callback, void *arg)
{
	Relation	rel = table_open(mobanon_relation("consent_state"), AccessShareLock);
	Relation	index = index_open(mobanon_relation("consent_state_writer"), AccessShareLock);
	TupleTableSlot *slot = table_slot_create(rel, NULL);
	Span   *buffer = NULL;
	int			room = 0;
	uint64		rows = 0;
	ScanKeyData key[2];
	IndexScanDesc scan;

	/* Index columns: scope_id, writer. */
	ScanKeyInit(&key[0], 1, BTEqualStrategyNumber, F_INT4EQ, Int32GetDatum(scope_id));
	ScanKeyInit(&key[1], 2, BTGreaterEqualStrategyNumber, F_XID8GE, FullTransactionIdGetDatum(since));
	scan = mobanon_index_beginscan(rel, index, snapshot, 2);
	index_rescan(scan, key, 2, NULL, 0);
	while (index_getnext_slot(scan, ForwardScanDirection, slot))
	{
		if ((++rows & 1023) == 0)
			CHECK_FOR_INTERRUPTS();
		call_with_state(slot, &buffer, &room, callback, arg);
	}
	index_endscan(scan);
	ExecDropSingleTupleTableSlot(slot);
	index_close(index, AccessShareLock);
	table_close(rel, AccessShareLock);
}
