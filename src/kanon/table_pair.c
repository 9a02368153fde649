/*
 * table_pair.c
 *		Moves from one innermost row to another, anywhere in the table.
 *
 * What x gains, all its totals gain; what y loses, all its totals lose; totals
 * of both stay as they are.  So a pair is a move, whatever x and y have in
 * common, and it always fits when y is large: its totals are, too.
 */
#include "kanon/table_move.h"

/* A large innermost row and what it holds, for sorting. */
typedef struct Giver
{
	int64		value;
	int32		row;
} Giver;

static int
compare_givers(const void *a, const void *b)
{
	const Giver *x = a;
	const Giver *y = b;

	if (x->value != y->value)
		return x->value < y->value ? -1 : 1;
	return x->row < y->row ? -1 : x->row > y->row;
}

/* Begins the walk over row and its totals; other: the row whose totals are left out, or -1. */
void
walk_begin(const Withholding *w, int32 row, int32 other, TotalsWalk *walk)
{
	const Axes *axes = w->axes;

	walk->axes = axes->axes;
	walk->done = false;
	for (int a = 0; a < axes->axes; a++)
	{
		const Axis *axis = &axes->axis[a];
		int			n = 0;

		for (int32 node = axes->node[row * axes->axes + a]; node >= 0; node = axis->parent[node])
		{
			walk->node[a][n] = node;
			walk->shared[a][n] = false;
			for (int32 o = other < 0 ? -1 : axes->node[other * axes->axes + a]; o >= 0; o = axis->parent[o])
				walk->shared[a][n] |= o == node;
			n++;
		}
		walk->length[a] = n;
		walk->at[a] = 0;
	}
}

/* The next total that is not the other row's, too; false at the end. */
bool
walk_next(const Withholding *w, TotalsWalk *walk, int32 *total)
{
	while (!walk->done)
	{
		uint64		code = 0;
		bool		shared = true;
		int			a;

		for (a = 0; a < walk->axes; a++)
		{
			code += w->axes->axis[a].code[walk->node[a][walk->at[a]]];
			shared = shared && walk->shared[a][walk->at[a]];
		}
		for (a = 0; a < walk->axes; a++)
		{
			if (++walk->at[a] < walk->length[a])
				break;
			walk->at[a] = 0;
		}
		walk->done = a == walk->axes;
		if (shared)
			continue;
		*total = table_find(w->table, code);
		return true;
	}
	return false;
}

/* What is still shown of the totals of row that are not other's; -1 when it is limit or more. */
static int64
side_cost(const Withholding *w, int32 row, int32 other, int64 limit)
{
	TotalsWalk	walk;
	int64		cost = 0;
	int32		total;

	walk_begin(w, row, other, &walk);
	while (walk_next(w, &walk, &total))
	{
		cost += row_cost(w, total);
		if (limit >= 0 && cost >= limit)
			return -1;
	}
	return cost;
}

/* Is total one of row's totals, or row itself? */
static bool
is_total_of(const Table *table, int32 total, int32 row)
{
	for (int d = 0; d < table->dimensions; d++)
	{
		int32		member = table->member[total * table->dimensions + d];

		if (member != 0 && member != table->member[row * table->dimensions + d])
			return false;
	}
	return true;
}

/* Tries giver for a pair with row; keeps it when it is the cheapest so far. */
static void
try_giver(const Withholding *w, int32 row, int32 giver, int32 *best, int64 *best_cost)
{
	int32		taker = w->below[row];
	int64		cost;
	int64		more;

	if (*best_cost == 0 || is_total_of(w->table, row, giver))
		return;
	cost = side_cost(w, taker, giver, *best_cost);
	if (cost < 0)
		return;
	more = side_cost(w, giver, taker, *best_cost < 0 ? -1 : *best_cost - cost);
	if (more < 0)
		return;
	*best_cost = cost + more;
	*best = giver;
}

/* Tries all large rows that differ from the innermost row in one node of one axis. */
static void
try_line(const Withholding *w, int32 row, int axis, int32 *best, int64 *best_cost)
{
	const Axis *a = &w->axes->axis[axis];
	int32		taker = w->below[row];
	int32		node = w->axes->node[taker * w->axes->axes + axis];
	int32		parent = a->parent[node];

	if (parent < 0)
		return;
	for (int32 c = a->first_child[parent]; c < a->first_child[parent + 1]; c++)
	{
		int32		giver = row_on_line(w, taker, axis, a->child[c]);

		if (giver >= 0 && giver != taker && row_is_large(w, giver) && w->table->pattern[giver] == w->innermost)
			try_giver(w, row, giver, best, best_cost);
	}
}

/* The innermost row that gives to row at less than best_cost (-1: at any), or -1. */
int32
find_giver(const Withholding *w, int32 row, int64 *best_cost)
{
	const Axes *axes = w->axes;
	int32		best = -1;

	for (int i = 0; i < Min(w->givers_used, MOVE_GIVERS); i++)
		try_giver(w, row, w->giver_used[i], &best, best_cost);
	for (int a = 0; a < axes->axes; a++)
	{
		int32		node = axes->node[w->below[row] * axes->axes + a];

		try_line(w, row, a, &best, best_cost);
		for (int i = 0; i < MOVE_NEAR && w->near[a][node * MOVE_NEAR + i] >= 0; i++)
			try_giver(w, row, w->near[a][node * MOVE_NEAR + i], &best, best_cost);
	}
	for (int i = 0; i < MOVE_NEAR && w->smallest[i] >= 0; i++)
		try_giver(w, row, w->smallest[i], &best, best_cost);
	return best;
}

/* The totals of row, and row itself, that are not other's (-1: all of them): withheld, and safe. */
static void
withhold_side(Withholding *w, int32 row, int32 other, bool gains)
{
	TotalsWalk	walk;
	int32		total;

	walk_begin(w, row, other, &walk);
	while (walk_next(w, &walk, &total))
	{
		if (w->state[total] == ROW_SHOWN)
			withhold(w, total, ROW_COMPLEMENTARY);
		/* an innermost small row can fall to 0 with its totals, which hold no less */
		w->safe[total] |= gains || row_is_large(w, total);
	}
}

/* Withholds a pair: what row gains is taken from giver, or, with -1, from nowhere. */
void
apply_pair(Withholding *w, int32 row, int32 giver)
{
	withhold_side(w, w->below[row], giver, true);
	if (giver < 0)
		return;
	withhold_side(w, giver, w->below[row], false);
	for (int i = 0; i < Min(w->givers_used, MOVE_GIVERS); i++)
		if (w->giver_used[i] == giver)
			return;
	w->giver_used[w->givers_used++ % MOVE_GIVERS] = giver;
}

/* For each row an innermost one that is part of it, or itself; the largest that there is. */
static void
set_below(Withholding *w)
{
	const Table *table = w->table;

	w->below = palloc(Max(table->rows, 1) * sizeof(int32));
	for (int r = 0; r < table->rows; r++)
		w->below[r] = r;
	for (int r = 0; r < table->rows; r++)
	{
		TotalsWalk	walk;
		int32		total;

		if (table->pattern[r] != w->innermost)
			continue;
		walk_begin(w, r, -1, &walk);
		while (walk_next(w, &walk, &total))
			if (w->below[total] == total || table->value[w->below[total]] < table->value[r])
				w->below[total] = r;
	}
}

/* Appends to a list of at most MOVE_NEAR rows that ends with -1. */
static void
near_add(int32 *list, int32 row)
{
	for (int i = 0; i < MOVE_NEAR; i++)
		if (list[i] < 0)
		{
			list[i] = row;
			return;
		}
}

/* What find_giver() looks at: the smallest large rows, of all and in every slice of the table. */
void
pairs_init(Withholding *w)
{
	const Axes *axes = w->axes;
	const Table *table = w->table;
	Giver	   *giver = palloc(Max(table->rows, 1) * sizeof(Giver));
	int			n = 0;

	set_below(w);
	for (int r = 0; r < table->rows; r++)
		if (table->pattern[r] == w->innermost && row_is_large(w, r))
			giver[n++] = (Giver) {table->value[r], r};
	qsort(giver, n, sizeof(Giver), compare_givers);
	memset(w->smallest, -1, sizeof(w->smallest));
	for (int a = 0; a < axes->axes; a++)
	{
		w->near[a] = palloc(Max(axes->axis[a].nodes, 1) * MOVE_NEAR * sizeof(int32));
		memset(w->near[a], -1, axes->axis[a].nodes * MOVE_NEAR * sizeof(int32));
	}
	for (int i = 0; i < n; i++)
	{
		near_add(w->smallest, giver[i].row);
		for (int a = 0; a < axes->axes; a++)
			near_add(&w->near[a][axes->node[giver[i].row * axes->axes + a] * MOVE_NEAR], giver[i].row);
	}
	pfree(giver);
}
