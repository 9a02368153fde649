/*
 * subject_set_sql.c
 *		What SQL can do with a stored subject_set: count, unite, compare.
 */
#include "kanon/kanon.h"

#include "common/hashfn.h"

PG_FUNCTION_INFO_V1(subject_set_cardinality);
PG_FUNCTION_INFO_V1(subject_set_union_sets);
PG_FUNCTION_INFO_V1(subject_set_eq);
PG_FUNCTION_INFO_V1(subject_set_ne);
PG_FUNCTION_INFO_V1(subject_set_hash);

/* cardinality(subject_set): the number of subjects.  Exact, never suppressed. */
Datum
subject_set_cardinality(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64((int64) set_value(PG_GETARG_DATUM(0)).count);
}

/*
 * subject_set_union(subject_set, subject_set): both sets' subjects, each once.
 * Error datatype_mismatch when they hold different kinds of subject.
 */
Datum
subject_set_union_sets(PG_FUNCTION_ARGS)
{
	SetValue	a = set_value(PG_GETARG_DATUM(0));
	SetValue	b = set_value(PG_GETARG_DATUM(1));
	SubjectSet *both = set_thaw(&a);

	both = set_union(both, &b);
	PG_RETURN_POINTER(set_freeze(PointerGetDatum(both)));
}

/* Equal sets are equal bytes, and so are their kinds and k. */
static bool
sets_equal(FunctionCallInfo fcinfo)
{
	struct varlena *a = set_freeze(PG_GETARG_DATUM(0));
	struct varlena *b = set_freeze(PG_GETARG_DATUM(1));

	return VARSIZE(a) == VARSIZE(b) &&
		memcmp(VARDATA(a), VARDATA(b), VARSIZE(a) - VARHDRSZ) == 0;
}

/* subject_set = subject_set. */
Datum
subject_set_eq(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(sets_equal(fcinfo));
}

/* subject_set <> subject_set. */
Datum
subject_set_ne(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(!sets_equal(fcinfo));
}

/* Hash of the stored bytes, for DISTINCT, GROUP BY and hash joins. */
Datum
subject_set_hash(PG_FUNCTION_ARGS)
{
	struct varlena *set = set_freeze(PG_GETARG_DATUM(0));

	PG_RETURN_DATUM(hash_any((unsigned char *) VARDATA(set),
							 (int) (VARSIZE(set) - VARHDRSZ)));
}
