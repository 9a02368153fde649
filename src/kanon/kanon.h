/*
 * kanon.h
 *		What the files of this room share about sets as PostgreSQL values.
 */
#ifndef KANON_H
#define KANON_H

#include "mobanon.h"

#include "kanon/subject_set.h"

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

/* Aggregation. */
extern SubjectSet *set_create(SubjectKind kind, int32 k, uint32 capacity);
extern SubjectSet *set_add(SubjectSet *set, SubjectKey key);
extern SubjectSet *set_union(SubjectSet *target, const SetValue *source);
extern SubjectSet *set_thaw(const SetValue *value);
extern void check_k(bool isnull, int32 k);
extern void check_same_k(int32 a, int32 b);
extern void report_no_aggregate(void);
extern void report_full(void);

#endif							/* KANON_H */
