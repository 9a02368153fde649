/*
 * scope.c
 *		The sets that consented() answers from, and for which snapshots they are right.
 *
 * Few rows are answered by looking each subject up in consent_state; a
 * statement that asks for many reads the whole scope into a set (consent_set.c)
 * and asks that.  A set is exact under MVCC for every later statement:
 *
 * - base: read under snapshot S, without our own transaction's changes.  What a
 *   later snapshot T sees and S did not was written by a transaction that had
 *   not ended at S, so its id is >= S.xmin.
 * - delta: before a statement asks, the rows with writer >= S.xmin that T sees
 *   are laid over the base, and S becomes T.  Cost: what changed, not what is
 *   there.
 * - own: what our own transaction changed, read afresh for every statement and
 *   never kept.
 *
 * A snapshot that does not see all that S saw (an old cursor, REPEATABLE READ)
 * must not use the set: its rows are looked up one by one.  Deleted rows leave
 * no writer behind, so every DELETE or TRUNCATE of consent_state moves the
 * scope's generation, which is read with each statement's snapshot.  A
 * transaction that has itself deleted states looks up, too, until it ends: a
 * base is read without its changes, and would not know.
 */
#include "scope.h"

#include "access/xact.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

/* Scopes a backend keeps; beyond them it starts afresh. */
#define MAX_SCOPES 16

/* Look-ups after which a statement reads the whole scope. */
#define FEWEST_LOOKUPS 200
#define ROWS_READ_PER_LOOKUP 50

static Scope *scopes[MAX_SCOPES];
static int	nscopes;

/* ---- statements ------------------------------------------------------------ */

static StatementId
statement_id(Snapshot snapshot)
{
	StatementId id = {
		.transaction = local_transaction(),
		.xmin = snapshot->xmin,
		.xmax = snapshot->xmax,
		.xcnt = snapshot->xcnt,
		.subxcnt = snapshot->subxcnt,
		.curcid = snapshot->curcid,
		.completed = snapshot->snapXactCompletionCount,
		.started = GetCurrentStatementStartTimestamp(),
		.user = GetUserId(),
	};

	return id;
}

/* What a sub-transaction changed and rolled back may look the same by all of the above. */
static void
forget_statements(SubXactEvent event, SubTransactionId mySubid, SubTransactionId parentSubid, void *arg)
{
	if (event != SUBXACT_EVENT_ABORT_SUB)
		return;
	consent_moment_ends();
	for (int i = 0; i < nscopes; i++)
		scopes[i]->statement.transaction = InvalidLocalTransactionId;
}

/* ---- scopes ---------------------------------------------------------------- */

static void
drop_context(MemoryContext *context)
{
	if (*context != NULL)
		MemoryContextDelete(*context);
	*context = NULL;
}

static void
drop_sets(Scope *scope)
{
	consent_moment_ends();
	scope->pages = NULL;
	scope->has_base = scope->has_own = scope->delta_whole = false;
	drop_context(&scope->base_context);
	if (scope->segment != NULL)
		dsm_detach(scope->segment);
	scope->segment = NULL;
	scope->version = 0;
	drop_context(&scope->delta_context);
	drop_context(&scope->own_context);
	saved_snapshot_free(&scope->base_at);
	saved_snapshot_free(&scope->delta_at);
}

static void
drop_scopes(void)
{
	while (nscopes > 0)
	{
		Scope	   *scope = scopes[--nscopes];

		drop_sets(scope);
		pfree(scope);
	}
}

/* The scope of a purpose and category, as this backend holds it; maybe new. */
Scope *
scope_find(const text *purpose, const char *category, int category_len)
{
	int			len = VARSIZE_ANY_EXHDR(purpose);
	Scope	   *scope;

	for (int i = 0; i < nscopes; i++)
	{
		if (scope_is(scopes[i], purpose, category, category_len))
			return scopes[i];
	}
	if (len >= NAMEDATALEN || category_len >= NAMEDATALEN)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("purpose or data category does not exist: the name is too long"),
				 errhint("Names have at most %d bytes.", NAMEDATALEN - 1)));
	if (nscopes == MAX_SCOPES)
		drop_scopes();
	scope = MemoryContextAllocZero(TopMemoryContext, sizeof(Scope));
	memcpy(scope->purpose, VARDATA_ANY(purpose), len);
	memcpy(scope->category, category, category_len);
	scope->purpose_len = len;
	scope->category_len = category_len;
	scopes[nscopes++] = scope;
	return scope;
}

/* ---- the set --------------------------------------------------------------- */

/* From here on the pages do not know this subject. */
static void
note_changed(Scope *scope, ConsentKey key)
{
	uint64		bit;

	/* only numbers are in pages */
	if (key.bytes != NULL)
		return;
	bit = changed_bit(key.key - 1);
	scope->changed[bit / 64] |= UINT64CONST(1) << (bit % 64);
}

static void
put_row(void *arg, ConsentKey key, const History *history, FullTransactionId writer)
{
	Scope	   *scope = arg;

	note_changed(scope, key);
	consent_set_put(&scope->delta, key, history, scope->row.earlier, scope->now);
}

static void
put_base_row(void *arg, ConsentKey key, const History *history, FullTransactionId writer)
{
	Scope	   *scope = arg;

	/* Only who consents: a subject that is not in the base does not. */
	if (history->open && history->n > 0)
		consent_set_put(&scope->base, key, history, scope->row.earlier, scope->now);
}

static void
put_own_row(void *arg, ConsentKey key, const History *history, FullTransactionId writer)
{
	Scope	   *scope = arg;

	if (!FullTransactionIdEquals(writer, GetTopFullTransactionIdIfAny()))
		return;
	/* Stays when the transaction has ended, and costs a look into the sets. */
	note_changed(scope, key);
	consent_set_put(&scope->own, key, history, scope->row.earlier, scope->now);
}

static void
start_delta(Scope *scope)
{
	drop_context(&scope->delta_context);
	scope->delta_context = AllocSetContextCreate(TopMemoryContext, "mobanon consent changes", ALLOCSET_DEFAULT_SIZES);
	consent_set_init(&scope->delta, scope->delta_context, 0);
	scope->changed = MemoryContextAllocZero(scope->delta_context, CHANGED_BYTES);
	saved_snapshot_copy(&scope->delta_at, &scope->base_at);
	scope->delta_whole = true;
}

/* The shared set instead of what we have, when there is a newer one. */
static bool
attach_base(Scope *scope)
{
	uint64		version = scope->version;
	dsm_segment *segment;
	ConsentSet	set;
	SavedSnapshot at = {0};

	if (!consent_share_attach(&scope->row, &version, &segment, &set, &at))
		return false;
	drop_sets(scope);
	scope->base = set;
	scope->base_at = at;
	scope->segment = segment;
	scope->version = version;
	start_delta(scope);
	scope->has_base = true;
	return true;
}

/* Read the whole scope, as of this snapshot without our own changes. */
static void
read_base(Scope *scope, Snapshot snapshot)
{
	SnapshotData clean = *snapshot;
	/* Below the transaction until it is complete, so that an error frees it. */
	MemoryContext context = AllocSetContextCreate(CurTransactionContext, "mobanon consent set", ALLOCSET_DEFAULT_SIZES);

	clean.curcid = FirstCommandId;
	drop_sets(scope);
	consent_set_init(&scope->base, context, scope->row.expected / 4);
	state_read_all(scope->row.scope_id, &clean, put_base_row, scope);
	scope->base.pages = consent_pages_make(&scope->base, context);
	MemoryContextSetParent(context, TopMemoryContext);
	scope->base_context = context;
	saved_snapshot_take(&scope->base_at, snapshot);
	start_delta(scope);
	scope->has_base = true;
}

/* The same, and share it: then our own copy is not needed. */
static void
build_base(Scope *scope, Snapshot snapshot)
{
	PG_TRY();
	{
		read_base(scope, snapshot);
		if (consent_share_publish(&scope->row, &scope->base, &scope->base_at))
			(void) attach_base(scope);
	}
	PG_CATCH();
	{
		consent_share_end(&scope->row);
		PG_RE_THROW();
	}
	PG_END_TRY();
	consent_share_end(&scope->row);
}

/* Lay what was committed since delta_at over the base. */
static void
bring_forward(Scope *scope, Snapshot snapshot)
{
	SnapshotData clean = *snapshot;

	if (!scope->delta_whole)
		start_delta(scope);
	clean.curcid = FirstCommandId;
	scope->delta_whole = false;
	state_read_since(scope->row.scope_id, saved_snapshot_xmin(&scope->delta_at), &clean, put_row, scope);
	saved_snapshot_take(&scope->delta_at, snapshot);
	scope->delta_whole = true;
}

/* What our own transaction has changed so far, as this statement sees it. */
static void
read_own(Scope *scope, Snapshot snapshot)
{
	FullTransactionId own = GetTopFullTransactionIdIfAny();

	scope->has_own = false;
	drop_context(&scope->own_context);
	if (!FullTransactionIdIsValid(own))
		return;
	scope->own_context = AllocSetContextCreate(TopMemoryContext, "mobanon consent changes of this transaction",
											   ALLOCSET_SMALL_SIZES);
	consent_set_init(&scope->own, scope->own_context, 0);
	state_read_since(scope->row.scope_id, own, snapshot, put_own_row, scope);
	scope->has_own = scope->own.used > 0;
}

/* A delta that has grown this large costs more than reading everything again. */
static bool
delta_is_large(const Scope *scope)
{
	return scope->delta.used > 10000 + scope->base.used / 8;
}

/*
 * May the set be used with this snapshot at all?  Where there is no set yet
 * there is nothing to be older than.
 */
static bool
snapshot_fits(const Scope *scope, Snapshot snapshot)
{
	if (!scope->has_base)
		return true;
	if (scope->delta_whole && !saved_snapshot_is_within(&scope->delta_at, snapshot))
		return false;
	return saved_snapshot_is_within(&scope->base_at, snapshot);
}

/*
 * Answer from a set from here on, if there is one or this backend may make
 * one; false while another backend makes one.
 */
static bool
use_set(Scope *scope, Snapshot snapshot)
{
	if (scope->has_base && scope->delta.used > 1000)
		(void) attach_base(scope);
	if (scope->has_base && snapshot_fits(scope, snapshot))
		bring_forward(scope, snapshot);
	if (!scope->has_base || delta_is_large(scope))
	{
		if (consent_share_begin(&scope->row))
			build_base(scope, snapshot);
		else if (!scope->has_base)
			return false;
	}
	if (!snapshot_fits(scope, snapshot))
		return false;
	read_own(scope, snapshot);
	scope->mode = MODE_SET;
	scope->pages = scope->base.pages;
	if (scope->pages != NULL && !consent_pages_hold(scope->pages, scope->now))
		scope->pages = NULL;
	return true;
}

/* ---- a statement begins ---------------------------------------------------- */

/*
 * Has our own transaction deleted states of this scope, or made it?  Then what
 * it sees of the scope is not what a base would be read from.
 */
static bool
deleted_by_us(const Scope *scope, Snapshot snapshot, const ScopeRow *row)
{
	SnapshotData clean = *snapshot;
	ScopeRow	without;

	if (!FullTransactionIdIsValid(GetTopFullTransactionIdIfAny()))
		return false;
	clean.curcid = FirstCommandId;
	return !scope_read(scope->purpose, scope->category, &clean, &without) ||
		without.generation != row->generation;
}

/* Make a scope ready for a statement that asks it for the first time. */
void
scope_begin_statement(Scope *scope, Snapshot snapshot)
{
	ScopeRow	row;

	consent_moment_ends();
	scope->statement.transaction = InvalidLocalTransactionId;
	if (!scope_read(scope->purpose, scope->category, snapshot, &row))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("data category \"%s\" of purpose \"%s\" does not exist", scope->category, scope->purpose),
				 errhint("See mobanon.purpose; a purpose is made with mobanon.create_purpose(), a category of it with mobanon.add_category().")));
	if (!scope_may_ask(scope->purpose, snapshot))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("role \"%s\" does not process for purpose \"%s\"",
						GetUserNameFromId(GetUserId(), false), scope->purpose),
				 errhint("Who consents to a purpose is told to its roles only: mobanon.bind_purpose().")));
	if (scope->has_base &&
		(row.state_relid != scope->row.state_relid || row.scope_id != scope->row.scope_id ||
		 row.generation != scope->row.generation || row.earlier != scope->row.earlier))
		drop_sets(scope);
	scope->row = row;
	scope->now = GetCurrentStatementStartTimestamp();
	scope->lookups = 0;
	scope->last_key.key = 0;
	scope->worth = FEWEST_LOOKUPS + row.expected / ROWS_READ_PER_LOOKUP;
	scope->set_usable = !deleted_by_us(scope, snapshot, &row) && snapshot_fits(scope, snapshot);
	scope->mode = MODE_LOOKUP;
	scope->pages = NULL;
	if (scope->has_base && scope->set_usable)
		(void) use_set(scope, snapshot);
	scope->statement = statement_id(snapshot);
}

/*
 * Change to a set in mid-statement; false when it goes on with look-ups.
 */
bool
scope_try_set(Scope *scope, Snapshot snapshot)
{
	consent_moment_ends();
	if (!scope->has_base && attach_base(scope) && !snapshot_fits(scope, snapshot))
	{
		/* It is newer than this statement, which then goes on by itself. */
		scope->set_usable = false;
		return false;
	}
	if (!scope->has_base && scope->lookups <= scope->worth)
		return false;
	if (use_set(scope, snapshot))
		return true;
	/* Somebody else reads the scope: ask again a little later. */
	scope->worth = scope->lookups + 1000;
	return false;
}

void
scope_init(void)
{
	consent_moment_init();
	RegisterSubXactCallback(forget_statements, NULL);
}
