/*
 * table_axis.h
 *		The dimensions of a table as trees.
 *
 * GROUP BY ROLLUP (city, district), CUBE (hour) has two axes: one of city and
 * district, one of hour.  A node of an axis is "all", a city, a district, ...;
 * a row of the table is a node of each axis, and its code the sum of theirs.
 * A dimension that is never totalled is an axis whose nodes have no parent.
 */
#ifndef KANON_TABLE_AXIS_H
#define KANON_TABLE_AXIS_H

#include "kanon/table.h"

typedef struct Axis
{
	int			nodes;
	uint64	   *code;			/* ascending */
	int32	   *parent;			/* -1: none */
	int32	   *first_child;	/* children of n: child[first_child[n]] .. child[first_child[n + 1] - 1] */
	int32	   *child;
} Axis;

typedef struct Axes
{
	int			axes;
	Axis		axis[TABLE_MAX_DIMENSIONS];
	int32	   *node;			/* [row * axes + axis] */
} Axes;

extern Axes *table_axes(const Table *table);

static inline int
axis_children(const Axis *axis, int32 node)
{
	return axis->first_child[node + 1] - axis->first_child[node];
}

#endif							/* KANON_TABLE_AXIS_H */
