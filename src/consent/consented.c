/*
 * consented.c
 *		consented(subject, event_time, purpose): the row-level-security predicate.
 *
 * Few rows are answered by looking each subject up in consent_state; a
 * statement that asks for many asks a set in memory (scope.c).  What runs for
 * every row of a scan is here, in consent_set.h and in consent_pages.h.
 */
#include "scope.h"

#include "nodes/primnodes.h"
#include "utils/builtins.h"
#include "utils/snapmgr.h"

PG_FUNCTION_INFO_V1(consented_text);
PG_FUNCTION_INFO_V1(consented_bigint);

static Scope *last_scope;

/* ---- answers --------------------------------------------------------------- */

static void
remember_last(Scope *scope, ConsentKey key, const ConsentTimes *times)
{
	scope->last_key.key = 0;
	if (key.len > (int) sizeof(scope->last_bytes) || times->n > 1)
		return;
	scope->last_times = *times;
	if (key.bytes != NULL)
		memcpy(scope->last_bytes, key.bytes, key.len);
	scope->last_key = key;
}

static inline bool
is_last(const Scope *scope, ConsentKey key)
{
	return scope->last_key.key == key.key && key.key != 0 && scope->last_key.len == key.len &&
		(key.bytes == NULL || memcmp(scope->last_bytes, key.bytes, key.len) == 0);
}

/* One subject, looked up in consent_state under the statement's snapshot. */
static bool
look_up(Scope *scope, Snapshot snapshot, ConsentKey key, Subject subject, TimestampTz then)
{
	ConsentTimes times;
	History		history;
	bool		allowed;

	if (is_last(scope, key))
		return consent_times_allow(&scope->last_times, then, scope->now);
	scope->lookups++;
	if (unlikely(scope_wants_set(scope)) && scope_try_set(scope, snapshot))
		return false;
	times.n = 0;
	history.spans = NULL;
	if (state_read_one(scope->row.scope_id, subject, snapshot, &history))
		consent_times_of(&history, scope->row.earlier, scope->now, &times);
	remember_last(scope, key, &times);
	allowed = consent_times_allow(&times, then, scope->now);
	if (history.spans != NULL)
		pfree(history.spans);
	return allowed;
}

/* What the base says. */
static inline bool
ask_base(const Scope *scope, ConsentKey key, TimestampTz then)
{
	const ConsentSlot *slot;
	bool		allowed;

	if (scope->pages != NULL && key.bytes == NULL &&
		consent_pages_ask(scope->pages, key.key - 1, then, &allowed))
		return allowed;
	slot = consent_set_find(&scope->base, key);
	return slot != NULL && consent_slot_allows(&scope->base, slot, then, scope->now);
}

/* The latest that is known: our own transaction's, then what changed, then the base. */
static inline bool
ask_set(const Scope *scope, ConsentKey key, TimestampTz then)
{
	const ConsentSlot *slot;

	if (unlikely(scope->has_own) && (slot = consent_set_find(&scope->own, key)) != NULL)
		return consent_slot_allows(&scope->own, slot, then, scope->now);
	if (scope->delta.used > 0 && (slot = consent_set_find(&scope->delta, key)) != NULL)
		return consent_slot_allows(&scope->delta, slot, then, scope->now);
	return ask_base(scope, key, then);
}

/* The scope of this call, made ready for this statement. */
static inline Scope *
scope_for(Snapshot snapshot, const text *purpose, const text *category)
{
	const char *name = category == NULL ? LOCATION_CATEGORY : VARDATA_ANY(category);
	int			len = category == NULL ? (int) strlen(LOCATION_CATEGORY) : VARSIZE_ANY_EXHDR(category);
	Scope	   *scope = last_scope;

	if (scope == NULL || !scope_is(scope, purpose, name, len))
	{
		last_scope = NULL;		/* scope_find() may drop it */
		scope = last_scope = scope_find(purpose, name, len);
	}
	if (unlikely(!is_statement(&scope->statement, snapshot)))
		scope_begin_statement(scope, snapshot);
	return scope;
}

static inline Snapshot
active_snapshot(void)
{
	if (unlikely(!ActiveSnapshotSet()))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("consent is asked for outside of a statement")));
	return GetActiveSnapshot();
}

static inline bool
ask(Scope *scope, Snapshot snapshot, ConsentKey key, Subject subject, TimestampTz then)
{
	if (unlikely(scope->mode == MODE_LOOKUP))
	{
		bool		allowed = look_up(scope, snapshot, key, subject, then);

		/* look_up() may have changed to the set instead of answering. */
		if (scope->mode == MODE_LOOKUP)
			return allowed;
	}
	return ask_set(scope, key, then);
}

/* ---- calls ----------------------------------------------------------------- */

/*
 * What a call in a plan keeps from row to row.  While the moment lasts, the
 * scope is ready for the statement; where its pages know all, they are asked
 * before anything else.
 */
typedef struct ConsentCall
{
	uint64		moment;			/* for which the rest is right, 0 for none */
	Scope	   *scope;
	const ConsentPages *pages;	/* NULL: ask the scope */
	const uint64 *changed;		/* which numbers not to ask them about; NULL: none */
	bool		one_scope;		/* purpose and category are constants of the plan */
} ConsentCall;

#define CATEGORY_ARG() (PG_NARGS() > 3 ? PG_GETARG_TEXT_PP(3) : NULL)
#define ANY_ARG_IS_NULL() \
	(PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(2) || (PG_NARGS() > 3 && PG_ARGISNULL(3)))

/* The call's own state, when it was left in this very moment. */
static inline ConsentCall *
call_in_moment(FunctionCallInfo fcinfo)
{
	ConsentCall *call = fcinfo->flinfo->fn_extra;

	if (likely(call != NULL && call->moment == consent_moment && !PG_ARGISNULL(0) && !PG_ARGISNULL(1)))
		return call;
	return NULL;
}

static bool
is_constant(const FmgrInfo *flinfo, int argument)
{
	List	   *args = flinfo->fn_expr != NULL && IsA(flinfo->fn_expr, FuncExpr) ? ((FuncExpr *) flinfo->fn_expr)->args : NIL;

	return list_length(args) > argument && IsA(list_nth(args, argument), Const);
}

/* Leaves the state for the rows to come. */
static void
remember_call(FunctionCallInfo fcinfo, Scope *scope)
{
	FmgrInfo   *flinfo = fcinfo->flinfo;
	ConsentCall *call = flinfo->fn_extra;

	if (scope->mode != MODE_SET || !consent_call_is_running(flinfo))
		return;
	if (call == NULL)
	{
		call = MemoryContextAllocZero(flinfo->fn_mcxt, sizeof(ConsentCall));
		call->one_scope = is_constant(flinfo, 2) && (PG_NARGS() < 4 || is_constant(flinfo, 3));
		flinfo->fn_extra = call;
	}
	if (!call->one_scope)
		return;
	call->scope = scope;
	call->pages = scope->pages;
	call->changed = scope_is_base(scope) ? NULL : scope->changed;
	call->moment = consent_moment;
}

/* The scope of the call, ready for the statement, which has this snapshot. */
static inline Scope *
call_scope(FunctionCallInfo fcinfo, Snapshot *snapshot)
{
	ConsentCall *call = call_in_moment(fcinfo);
	Scope	   *scope;

	if (call != NULL)
		return call->scope;
	*snapshot = active_snapshot();
	scope = scope_for(*snapshot, PG_GETARG_TEXT_PP(2), CATEGORY_ARG());
	remember_call(fcinfo, scope);
	return scope;
}

/* Every case.  Apart from what answers nearly all rows, which is then short. */
static pg_noinline Datum
consented_text_any(FunctionCallInfo fcinfo)
{
	Snapshot	snapshot = NULL;
	Scope	   *scope;
	Subject		subject;

	if (ANY_ARG_IS_NULL())
		PG_RETURN_BOOL(false);
	scope = call_scope(fcinfo, &snapshot);
	subject = subject_from_text(PG_GETARG_TEXT_PP(0));
	PG_RETURN_BOOL(ask(scope, snapshot, consent_key_from_bytes(subject.bytes, subject.len), subject,
					   PG_GETARG_TIMESTAMPTZ(1)));
}

static pg_noinline Datum
consented_bigint_any(FunctionCallInfo fcinfo)
{
	char		digits[SUBJECT_INT64_BUFFER];
	Snapshot	snapshot = NULL;
	Scope	   *scope;
	Subject		subject = {digits, 0};
	ConsentKey	key;

	if (ANY_ARG_IS_NULL())
		PG_RETURN_BOOL(false);
	scope = call_scope(fcinfo, &snapshot);
	key = consent_key_from_int64(PG_GETARG_INT64(0), digits);
	if (scope->mode == MODE_LOOKUP)
		subject = subject_from_int64(PG_GETARG_INT64(0), digits);
	PG_RETURN_BOOL(ask(scope, snapshot, key, subject, PG_GETARG_TIMESTAMPTZ(1)));
}

/* The number in a text as tables hold it; false when it is none, or is compressed or elsewhere. */
static inline bool
number_of_text(const text *t, uint64 *number)
{
	/* The length of a pointer to elsewhere is that of no number. */
	int			len = VARATT_IS_SHORT(t) ? (int) VARSIZE_SHORT(t) - VARHDRSZ_SHORT :
		VARATT_IS_4B_U(t) ? (int) VARSIZE_ANY_EXHDR(t) : 0;

	return len >= 9 && len <= 16 && consent_parse_long(VARDATA_ANY(t), len, number);
}

/* What the pages say of a number that has not changed; false when they do not. */
static inline bool
ask_pages(const ConsentCall *call, uint64 number, TimestampTz then, bool *allowed)
{
	if (call->changed != NULL && unlikely(is_changed(call->changed, number)))
		return false;
	return likely(consent_pages_ask(call->pages, number, then, allowed));
}

/*
 * consented(subject text, event_time timestamptz, purpose text [, category text]) returns boolean
 *
 * True when the subject's consent for the purpose (and the data category,
 * 'location' unless named) was in force at event_time and is in force now, the
 * start of the statement.  False in every other case, also for NULL arguments:
 * never NULL.  A purpose or category that does not exist is an error (42704), and
 * so is a purpose that the current role does not process for (42501).
 * Reads consent_state under the statement's snapshot, whoever calls it.
 */
Datum
consented_text(PG_FUNCTION_ARGS)
{
	ConsentCall *call = call_in_moment(fcinfo);
	uint64		number;
	bool		allowed;

	if (likely(call != NULL && call->pages != NULL) &&
		likely(number_of_text((const text *) PG_GETARG_POINTER(0), &number)) &&
		ask_pages(call, number, PG_GETARG_TIMESTAMPTZ(1), &allowed))
		PG_RETURN_BOOL(allowed);
	return consented_text_any(fcinfo);
}

/*
 * consented(subject bigint, event_time timestamptz, purpose text [, category text]) returns boolean
 *
 * The same for a subject that is a number; its decimal digits are the same subject.
 */
Datum
consented_bigint(PG_FUNCTION_ARGS)
{
	ConsentCall *call = call_in_moment(fcinfo);
	bool		allowed;

	if (likely(call != NULL && call->pages != NULL) &&
		likely(consent_is_number(PG_GETARG_INT64(0))) &&
		ask_pages(call, PG_GETARG_INT64(0), PG_GETARG_TIMESTAMPTZ(1), &allowed))
		PG_RETURN_BOOL(allowed);
	return consented_bigint_any(fcinfo);
}

void
consented_init(void)
{
	scope_init();
	consent_share_init();
}
