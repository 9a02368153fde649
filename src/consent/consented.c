/*
 * consented.c
 *		consented(subject, event_time, purpose): the row-level-security predicate.
 *
 * Few rows are answered by looking each subject up in consent_state; a
 * statement that asks for many asks a set in memory (scope.c).  What runs for
 * every row of a scan is here and in consent_set.h.
 */
#include "scope.h"

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
		consent_times_of(&history, scope->row.earlier, &times);
	remember_last(scope, key, &times);
	allowed = consent_times_allow(&times, then, scope->now);
	if (history.spans != NULL)
		pfree(history.spans);
	return allowed;
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
	slot = consent_set_find(&scope->base, key);
	return slot != NULL && consent_slot_allows(&scope->base, slot, then, scope->now);
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

#define CATEGORY_ARG() (PG_NARGS() > 3 ? PG_GETARG_TEXT_PP(3) : NULL)
#define ANY_ARG_IS_NULL() \
	(PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(2) || (PG_NARGS() > 3 && PG_ARGISNULL(3)))

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
	Snapshot	snapshot;
	Scope	   *scope;
	Subject		subject;

	if (ANY_ARG_IS_NULL())
		PG_RETURN_BOOL(false);
	snapshot = active_snapshot();
	scope = scope_for(snapshot, PG_GETARG_TEXT_PP(2), CATEGORY_ARG());
	subject = subject_from_text(PG_GETARG_TEXT_PP(0));
	PG_RETURN_BOOL(ask(scope, snapshot, consent_key_from_bytes(subject.bytes, subject.len), subject,
					   PG_GETARG_TIMESTAMPTZ(1)));
}

/*
 * consented(subject bigint, event_time timestamptz, purpose text [, category text]) returns boolean
 *
 * The same for a subject that is a number; its decimal digits are the same subject.
 */
Datum
consented_bigint(PG_FUNCTION_ARGS)
{
	char		digits[SUBJECT_INT64_BUFFER];
	Snapshot	snapshot;
	Scope	   *scope;
	Subject		subject;
	ConsentKey	key;

	if (ANY_ARG_IS_NULL())
		PG_RETURN_BOOL(false);
	snapshot = active_snapshot();
	scope = scope_for(snapshot, PG_GETARG_TEXT_PP(2), CATEGORY_ARG());
	key = consent_key_from_int64(PG_GETARG_INT64(0), digits);
	subject.bytes = digits;
	subject.len = 0;
	if (scope->mode == MODE_LOOKUP)
		subject = subject_from_int64(PG_GETARG_INT64(0), digits);
	PG_RETURN_BOOL(ask(scope, snapshot, key, subject, PG_GETARG_TIMESTAMPTZ(1)));
}

void
consented_init(void)
{
	scope_init();
	consent_share_init();
}
