/*
 * table_axis.c
 *		Finds the axes of a table from the patterns of its rows.
 *
 * Of the patterns {}, {city}, {city, district}, {hour}, {city, hour}, {city,
 * district, hour} one sees that district never comes without city, and that
 * hour has to do with neither.
 */
#include "kanon/table_axis.h"

#include "port/pg_bitutils.h"

/* The levels of an axis, coarsest first: each contains the one before. */
typedef struct Levels
{
	uint32		dimensions;
	int			levels;
	uint32		level[TABLE_MAX_DIMENSIONS + 1];
} Levels;

static int
compare_codes(const void *a, const void *b)
{
	uint64		x = *(const uint64 *) a;
	uint64		y = *(const uint64 *) b;

	return x < y ? -1 : x > y;
}

/* Every row with a member of dimension below has one of above, too. */
static bool
always_above(const Table *table, int above, int below)
{
	for (int i = 0; i < table->patterns; i++)
		if ((table->pattern_list[i] & (1u << below)) && !(table->pattern_list[i] & (1u << above)))
			return false;
	return true;
}

/* Adds a level in its place; the levels of an axis are few. */
static void
add_level(Levels *axis, uint32 level)
{
	int			at = axis->levels;

	for (int i = 0; i < axis->levels; i++)
		if (axis->level[i] == level)
			return;
	while (at > 0 && pg_popcount32(axis->level[at - 1]) > pg_popcount32(level))
	{
		axis->level[at] = axis->level[at - 1];
		at--;
	}
	axis->level[at] = level;
	axis->levels++;
}

static void
report_shape(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("the totals of the table have no regular shape"),
			 errhint("Give each dimension its totals with CUBE (hour), each hierarchy with ROLLUP (city, district), and combine them: GROUP BY ROLLUP (city, district), CUBE (hour).")));
}

/* Which dimensions make up an axis together: those that never come without each other. */
static int
group_dimensions(const Table *table, Levels *axis)
{
	uint32		fixed = ~0u;
	uint32		open;
	uint32		any = 0;
	int			n = 0;

	for (int i = 0; i < table->patterns; i++)
	{
		fixed &= table->pattern_list[i];
		any |= table->pattern_list[i];
	}
	open = any & ~fixed;
	/* never totalled: an axis of its own */
	for (int d = 0; d < table->dimensions; d++)
		if (any & fixed & (1u << d))
			axis[n++] = (Levels) {.dimensions = 1u << d};
	for (int d = 0; d < table->dimensions; d++)
	{
		uint32		together = 1u << d;

		if (!(open & together))
			continue;
		/* the relation is transitive in a chain; whether it is one is checked by the levels */
		for (int e = 0; e < table->dimensions; e++)
			if ((open & (1u << e)) && (always_above(table, d, e) || always_above(table, e, d)))
				together |= 1u << e;
		open &= ~together;
		axis[n++] = (Levels) {.dimensions = together};
	}
	return n;
}

/* Finds the axes and their levels; an error unless every combination of levels is there. */
static int
find_levels(const Table *table, Levels *axis)
{
	int			n = group_dimensions(table, axis);
	int64		combinations = 1;

	for (int a = 0; a < n; a++)
	{
		for (int i = 0; i < table->patterns; i++)
		{
			if (axis[a].levels > TABLE_MAX_DIMENSIONS)
				report_shape();
			add_level(&axis[a], table->pattern_list[i] & axis[a].dimensions);
		}
		for (int i = 1; i < axis[a].levels; i++)
			if ((axis[a].level[i - 1] & axis[a].level[i]) != axis[a].level[i - 1])
				report_shape();
		combinations *= axis[a].levels;
	}
	if (combinations != table->patterns && table->rows > 0)
		report_shape();
	return n;
}

/* What the members of the dimensions in mask add to a row's code. */
static uint64
code_of(const Table *table, int32 row, uint32 mask)
{
	uint64		code = 0;

	for (int d = 0; d < table->dimensions; d++)
		if (mask & (1u << d))
			code += (uint64) table->member[row * table->dimensions + d] * table->stride[d];
	return code;
}

static int32
find_node(const Axis *axis, uint64 code)
{
	uint64	   *found = bsearch(&code, axis->code, axis->nodes, sizeof(uint64), compare_codes);

	return found ? (int32) (found - axis->code) : -1;
}

/* The level above that of a row, as a mask; the row's own when it is the coarsest. */
static uint32
level_above(const Levels *levels, uint32 own)
{
	for (int i = 1; i < levels->levels; i++)
		if (levels->level[i] == own)
			return levels->level[i - 1];
	return own;
}

static void
set_children(Axis *axis)
{
	int32	   *at;

	axis->first_child = palloc0((axis->nodes + 2) * sizeof(int32));
	axis->child = palloc(Max(axis->nodes, 1) * sizeof(int32));
	for (int n = 0; n < axis->nodes; n++)
		if (axis->parent[n] >= 0)
			axis->first_child[axis->parent[n] + 1]++;
	for (int n = 0; n < axis->nodes; n++)
		axis->first_child[n + 1] += axis->first_child[n];
	at = palloc((axis->nodes + 1) * sizeof(int32));
	memcpy(at, axis->first_child, (axis->nodes + 1) * sizeof(int32));
	for (int n = 0; n < axis->nodes; n++)
		if (axis->parent[n] >= 0)
			axis->child[at[axis->parent[n]]++] = n;
	pfree(at);
}

/* The nodes of an axis, and each row's. */
static void
set_nodes(const Table *table, const Levels *levels, Axes *axes, int a)
{
	Axis	   *axis = &axes->axis[a];
	int			n = 0;

	axis->code = palloc(Max(table->rows, 1) * sizeof(uint64));
	for (int r = 0; r < table->rows; r++)
		axis->code[r] = code_of(table, r, levels->dimensions);
	qsort(axis->code, table->rows, sizeof(uint64), compare_codes);
	for (int r = 0; r < table->rows; r++)
		if (n == 0 || axis->code[r] != axis->code[n - 1])
			axis->code[n++] = axis->code[r];
	axis->nodes = n;
	axis->parent = palloc(Max(n, 1) * sizeof(int32));
	for (int r = 0; r < table->rows; r++)
	{
		uint32		own = table->pattern[r] & levels->dimensions;
		uint32		above = level_above(levels, own);
		int32		node = find_node(axis, code_of(table, r, own));

		axes->node[r * axes->axes + a] = node;
		axis->parent[node] = above == own ? -1 : find_node(axis, code_of(table, r, above));
	}
	set_children(axis);
}

/* The axes of a table. */
Axes *
table_axes(const Table *table)
{
	Axes	   *axes = palloc0(sizeof(Axes));
	Levels		levels[TABLE_MAX_DIMENSIONS];

	memset(levels, 0, sizeof(levels));
	axes->axes = find_levels(table, levels);
	axes->node = palloc(Max(table->rows * axes->axes, 1) * sizeof(int32));
	for (int a = 0; a < axes->axes; a++)
		set_nodes(table, &levels[a], axes, a);
	return axes;
}
