/*
 * mobility.h
 *		What the glue of this room shares.
 */
#ifndef MOBILITY_H
#define MOBILITY_H

#include "mobanon.h"

#include "access/htup.h"
#include "access/tupdesc.h"
#include "datatype/timestamp.h"
#include "mobility/walk.h"

/* ---- walk_rules.c -------------------------------------------------------- */

/*
 * What the caller of an aggregate asked for, as it was given and as it is meant.
 * Every row brings it again; equal bytes mean the same.
 */
typedef struct WalkArguments
{
	const Interval *minimum;	/* NULL: the aggregate has none */
	const Interval *gap;
	HeapTupleHeader cleaning;	/* NULL: no cleaning */
} WalkArguments;

/* stays_sql.c */
extern TupleDesc element_row_type(FunctionCallInfo fcinfo);
extern int64 fixed_interval(const Interval *interval, const char *name);
extern bool same_rules(const WalkRules *a, const WalkRules *b);
extern void walk_rules_read(const WalkArguments *arguments, WalkRules *rules);

/* ---- walk_state.c -------------------------------------------------------- */

/* State of an aggregate over the events of one subject. */
typedef struct WalkState
{
	WalkArguments arguments;	/* copies */
	Walk		walk;
	size_t		capacity;		/* of walk.stays */
} WalkState;

extern MemoryContext walk_context(FunctionCallInfo fcinfo);
extern WalkState *walk_transition(FunctionCallInfo fcinfo, const WalkArguments *arguments,
								  bool keep_events);
extern Walk walk_ended(const WalkState *state);

#endif							/* MOBILITY_H */
