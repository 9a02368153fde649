/*
 * kanon.h
 *		What the files of this room share about sets as PostgreSQL values.
 */
#ifndef KANON_H
#define KANON_H

#include "mobanon.h"

#include "kanon/subject_set.h"

#include "utils/uuid.h"

/* mobanon.k_floor: no smaller k is accepted. */
extern int	kanon_k_floor;

/* k of a set that was collected without a threshold. */
#define K_NONE 0

/*
 * A set in either form, detoasted.  Growing sets exist only inside aggregates;
 * whatever is stored, sent or shown has the stored form.
 */
typedef struct SetValue
{
	SubjectSet *growing;		/* NULL when stored */
	uint32		capacity;		/* of growing */
	SubjectSetView stored;
	SubjectKind kind;
	int32		k;
	uint64		count;
} SetValue;

extern SetValue set_value(Datum datum);
extern struct varlena *set_freeze(Datum datum);
extern SubjectKey subject_key_from_text(const text *subject);

/* The subject in an argument that is not null, as the key of its kind. */
static inline SubjectKey
subject_key_arg(FunctionCallInfo fcinfo, int n, SubjectKind kind)
{
	if (kind == SUBJECT_KIND_UUID)
		return subject_key_from_bytes(PG_GETARG_UUID_P(n)->data);
	if (kind == SUBJECT_KIND_TEXT)
		return subject_key_from_text(PG_GETARG_TEXT_PP(n));
	return subject_key_from_int64(PG_GETARG_INT64(n));
}

/* Aggregation. */
extern SubjectSet *set_create(SubjectKind kind, int32 k, uint32 capacity);
extern SubjectSet *set_add(SubjectSet *set, SubjectKey key);
extern SubjectSet *set_union(SubjectSet *target, const SetValue *source);
extern SubjectSet *set_thaw(const SetValue *value);
extern void check_k(bool isnull, int32 k);
extern MemoryContext aggregate_context(FunctionCallInfo fcinfo);
extern void check_same_k(int32 a, int32 b);
extern void report_no_aggregate(void);
extern void report_full(void);

#endif							/* KANON_H */
