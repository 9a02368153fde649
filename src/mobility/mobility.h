/*
 * mobility.h
 *		What the glue of this room shares.
 */
#ifndef MOBILITY_H
#define MOBILITY_H

#include "mobanon.h"

#include "access/tupdesc.h"
#include "datatype/timestamp.h"

/* stays_sql.c */
extern TupleDesc element_row_type(FunctionCallInfo fcinfo);
extern int64 fixed_interval(const Interval *interval, const char *name);

#endif							/* MOBILITY_H */
