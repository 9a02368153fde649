/*
 * diverse.c
 *		kanon_diverse(subject, sensitive, k, l [, enough, share]): the number of
 *		distinct subjects of a group, NULL when there are fewer than k, or when
 *		the group is too uniform in what is sensitive (a home area, an age band).
 *
 * Whoever knows that somebody is in a group in which all share one value knows
 * the value (homogeneity; Machanavajjhala et al., l-diversity, 2007).  So
 *
 *		- at least l values are each held by enough subjects (enough = k), and
 *		- no value may be held by more than share percent (share = 90): one that
 *		  nearly all hold tells as much as one that all hold.
 *
 * A subject holds a value when all its rows say so.  One whose rows differ, or
 * are null, helps no value to be held by enough, and may be thought to hold
 * the commonest: both are the worst case, so nobody makes a group diverse by
 * having many values.
 *
 * The state numbers the values in order of appearance, and keeps one number
 * for each subject.
 */
#include "kanon/subject_map.h"

#include "libpq/pqformat.h"
#include "miscadmin.h"
#include "utils/memutils.h"

PG_FUNCTION_INFO_V1(kanon_diverse_uuid_text);
PG_FUNCTION_INFO_V1(kanon_diverse_uuid_bigint);
PG_FUNCTION_INFO_V1(kanon_diverse_bigint_text);
PG_FUNCTION_INFO_V1(kanon_diverse_bigint_bigint);
PG_FUNCTION_INFO_V1(kanon_diverse_text_text);
PG_FUNCTION_INFO_V1(kanon_diverse_text_bigint);
PG_FUNCTION_INFO_V1(kanon_diverse_combine);
PG_FUNCTION_INFO_V1(kanon_diverse_serialize);
PG_FUNCTION_INFO_V1(kanon_diverse_deserialize);
PG_FUNCTION_INFO_V1(kanon_diverse_final);

#define DEFAULT_SHARE 90

/* What a subject holds, beside the numbers of values. */
#define HOLDS_NOTHING UINT64CONST(0)
#define HOLDS_SEVERAL PG_UINT64_MAX

typedef struct DiverseRules
{
	int32		k;
	int32		l;
	int32		enough;
	int32		share;			/* percent */
} DiverseRules;

typedef struct DiverseState
{
	SubjectKind kind;
	SubjectKind value_kind;
	DiverseRules rules;
	SubjectMap	subjects;		/* what each holds */
	SubjectMap	values;			/* their numbers, from 1 */
} DiverseState;

/* ---- the rules as arguments ------------------------------------------------- */

static void
check_rules(const DiverseRules *rules)
{
	if (rules->l < 2)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("l must be at least 2"),
				 errhint("Pass the number of different values that a group must have, each held by enough subjects.")));
	if (rules->enough < kanon_k_floor)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("enough must not be below the floor of %d", kanon_k_floor),
				 errhint("Pass the number of subjects that hold a value when it counts, or leave it out for k.")));
	if (rules->share < 1 || rules->share > 100)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("share must be between 1 and 100 percent"),
				 errhint("Pass the largest share of the subjects that may hold one value; 100 is no limit.")));
}

/* Arguments 3 to 6: k, l [, enough, share]; a null is an error as a group begins or goes on. */
static inline DiverseRules
get_rules(FunctionCallInfo fcinfo)
{
	DiverseRules rules;

	for (int i = 3; i < PG_NARGS(); i++)
	{
		if (unlikely(PG_ARGISNULL(i)))
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("k, l, enough and share must not be null")));
	}
	rules.k = PG_GETARG_INT32(3);
	rules.l = PG_GETARG_INT32(4);
	rules.enough = PG_NARGS() > 5 ? PG_GETARG_INT32(5) : rules.k;
	rules.share = PG_NARGS() > 5 ? PG_GETARG_INT32(6) : DEFAULT_SHARE;
	return rules;
}

static inline void
check_same_rules(const DiverseRules *a, const DiverseRules *b)
{
	if (unlikely(a->k != b->k || a->l != b->l || a->enough != b->enough || a->share != b->share))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("k, l and the other parameters must be constant within a group"),
				 errhint("Pass constants, or group by the columns that they come from.")));
}

/* ---- transition --------------------------------------------------------------- */

static DiverseState *
create_state(MemoryContext context, SubjectKind kind, SubjectKind value_kind,
			 DiverseRules rules)
{
	DiverseState *state = MemoryContextAlloc(context, sizeof(DiverseState));

	state->kind = kind;
	state->value_kind = value_kind;
	state->rules = rules;
	subject_map_init(&state->subjects, kind, context);
	subject_map_init(&state->values, value_kind, context);
	return state;
}

/* The number of a value, a new one when it is new. */
static inline uint64
value_number(DiverseState *state, SubjectKey value)
{
	uint64	   *number = subject_map_word(&state->values, value);

	if (*number == 0)
		*number = subject_map_count(&state->values);
	return *number;
}

static inline void
hold(DiverseState *state, SubjectKey subject, uint64 number)
{
	uint64	   *held = subject_map_word(&state->subjects, subject);

	if (*held == HOLDS_NOTHING)
		*held = number;
	else if (number != HOLDS_NOTHING && *held != number)
		*held = HOLDS_SEVERAL;
}

/* One row: state, subject, sensitive, k, l [, enough, share]. */
static inline Datum
diverse_step(FunctionCallInfo fcinfo, SubjectKind kind, SubjectKind value_kind)
{
	MemoryContext context = aggregate_context(fcinfo);
	DiverseRules rules = get_rules(fcinfo);
	DiverseState *state;

	if (unlikely(PG_ARGISNULL(0)))
	{
		check_k(false, rules.k);
		check_rules(&rules);
		state = create_state(context, kind, value_kind, rules);
	}
	else
	{
		state = (DiverseState *) PG_GETARG_POINTER(0);
		check_same_rules(&state->rules, &rules);
	}
	if (!PG_ARGISNULL(1))
		hold(state, subject_key_arg(fcinfo, 1, kind),
			 PG_ARGISNULL(2) ? HOLDS_NOTHING :
			 value_number(state, subject_key_arg(fcinfo, 2, value_kind)));
	PG_RETURN_POINTER(state);
}

/* Transitions, named for the types of subject and of what is sensitive; a cell is a bigint here. */
Datum
kanon_diverse_uuid_text(PG_FUNCTION_ARGS)
{
	return diverse_step(fcinfo, SUBJECT_KIND_UUID, SUBJECT_KIND_TEXT);
}

Datum
kanon_diverse_uuid_bigint(PG_FUNCTION_ARGS)
{
	return diverse_step(fcinfo, SUBJECT_KIND_UUID, SUBJECT_KIND_BIGINT);
}

Datum
kanon_diverse_bigint_text(PG_FUNCTION_ARGS)
{
	return diverse_step(fcinfo, SUBJECT_KIND_BIGINT, SUBJECT_KIND_TEXT);
}

Datum
kanon_diverse_bigint_bigint(PG_FUNCTION_ARGS)
{
	return diverse_step(fcinfo, SUBJECT_KIND_BIGINT, SUBJECT_KIND_BIGINT);
}

Datum
kanon_diverse_text_text(PG_FUNCTION_ARGS)
{
	return diverse_step(fcinfo, SUBJECT_KIND_TEXT, SUBJECT_KIND_TEXT);
}

Datum
kanon_diverse_text_bigint(PG_FUNCTION_ARGS)
{
	return diverse_step(fcinfo, SUBJECT_KIND_TEXT, SUBJECT_KIND_BIGINT);
}

/* ---- combine ------------------------------------------------------------------- */

/* What source calls its values, in target's numbers: [number of source] -> number. */
static uint64 *
renumber(DiverseState *target, const DiverseState *source)
{
	uint64		n = subject_map_count(&source->values);
	uint64	   *numbers = palloc_extended((n + 1) * sizeof(uint64), MCXT_ALLOC_HUGE);
	SubjectMapEntry entry = {0};

	subject_map_reserve(&target->values, subject_map_count(&target->values) + n);
	numbers[HOLDS_NOTHING] = HOLDS_NOTHING;
	while (subject_map_next(&source->values, &entry))
		numbers[entry.word] = value_number(target, entry.key);
	return numbers;
}

static void
add_subjects(DiverseState *target, const DiverseState *source)
{
	uint64	   *numbers;
	SubjectMapEntry entry = {0};

	check_same_rules(&target->rules, &source->rules);
	numbers = renumber(target, source);
	subject_map_reserve(&target->subjects,
						subject_map_count(&target->subjects) +
						subject_map_count(&source->subjects));
	while (subject_map_next(&source->subjects, &entry))
		hold(target, entry.key,
			 entry.word == HOLDS_SEVERAL ? HOLDS_SEVERAL : numbers[entry.word]);
	pfree(numbers);
}

/* Combines two states; either may be NULL, the second is only borrowed. */
Datum
kanon_diverse_combine(PG_FUNCTION_ARGS)
{
	MemoryContext context = aggregate_context(fcinfo);
	DiverseState *state = PG_ARGISNULL(0) ? NULL : (DiverseState *) PG_GETARG_POINTER(0);
	DiverseState *other = PG_ARGISNULL(1) ? NULL : (DiverseState *) PG_GETARG_POINTER(1);

	if (other == NULL)
	{
		if (state == NULL)
			PG_RETURN_NULL();
		PG_RETURN_POINTER(state);
	}
	if (state == NULL)
		state = create_state(context, other->kind, other->value_kind, other->rules);
	add_subjects(state, other);
	PG_RETURN_POINTER(state);
}

/* A state for the leader of a parallel plan. */
Datum
kanon_diverse_serialize(PG_FUNCTION_ARGS)
{
	DiverseState *state = (DiverseState *) PG_GETARG_POINTER(0);
	StringInfoData message;

	(void) aggregate_context(fcinfo);
	pq_begintypsend(&message);
	appendBinaryStringInfo(&message, (char *) &state->kind, sizeof(state->kind));
	appendBinaryStringInfo(&message, (char *) &state->value_kind, sizeof(state->value_kind));
	appendBinaryStringInfo(&message, (char *) &state->rules, sizeof(state->rules));
	subject_map_write(&state->subjects, &message);
	subject_map_write(&state->values, &message);
	PG_RETURN_BYTEA_P(pq_endtypsend(&message));
}

/* The state again, in the current context. */
Datum
kanon_diverse_deserialize(PG_FUNCTION_ARGS)
{
	StringInfoData message = bytea_message(PG_GETARG_BYTEA_PP(0));
	DiverseState *state = palloc(sizeof(DiverseState));

	(void) aggregate_context(fcinfo);
	pq_copymsgbytes(&message, (char *) &state->kind, sizeof(state->kind));
	pq_copymsgbytes(&message, (char *) &state->value_kind, sizeof(state->value_kind));
	pq_copymsgbytes(&message, (char *) &state->rules, sizeof(state->rules));
	subject_map_read(&state->subjects, state->kind, &message, CurrentMemoryContext);
	subject_map_read(&state->values, state->value_kind, &message, CurrentMemoryContext);
	pq_getmsgend(&message);
	PG_RETURN_POINTER(state);
}

/* ---- final ---------------------------------------------------------------------- */

/* Are l values each held by enough, and none by too many? */
static bool
is_diverse(const DiverseState *state)
{
	uint64		n_values = subject_map_count(&state->values);
	uint64		n_subjects = subject_map_count(&state->subjects);
	uint64	   *holders = palloc_extended((n_values + 1) * sizeof(uint64),
										  MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	uint64		open = 0;		/* who may hold any value */
	uint64		most = 0;
	uint64		held_by_enough = 0;
	SubjectMapEntry entry = {0};

	while (subject_map_next(&state->subjects, &entry))
	{
		if (entry.position % 65536 == 0)
			CHECK_FOR_INTERRUPTS();
		if (entry.word == HOLDS_NOTHING || entry.word == HOLDS_SEVERAL)
			open++;
		else
			holders[entry.word]++;
	}
	for (uint64 i = 1; i <= n_values; i++)
	{
		most = Max(most, holders[i]);
		if (holders[i] >= (uint64) state->rules.enough)
			held_by_enough++;
	}
	pfree(holders);
	return held_by_enough >= (uint64) state->rules.l &&
		(most + open) * 100 <= n_subjects * (uint64) state->rules.share;
}

/* The count, or NULL; changes nothing, so it may be asked again. */
Datum
kanon_diverse_final(PG_FUNCTION_ARGS)
{
	DiverseState *state = (DiverseState *) PG_GETARG_POINTER(0);
	uint64		n_subjects;

	(void) aggregate_context(fcinfo);
	n_subjects = subject_map_count(&state->subjects);
	if (n_subjects < (uint64) state->rules.k || !is_diverse(state))
		PG_RETURN_NULL();
	PG_RETURN_INT64((int64) n_subjects);
}
