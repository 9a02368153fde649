/*
 * area_ladder.c
 *		The levels that a partition climbs: resolutions, then lengths of buckets.
 */
#include "kanon/area.h"

#include "catalog/pg_type.h"
#include "cell/cell_sql.h"
#include "port/pg_bitutils.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#define FEW_BUCKETS 16			/* remembered at first ... */
#define MORE_BUCKETS 4096		/* ... and when there are many rows */

/* Bits for either axis of the root, where the path is not the cell's own. */
#define ROOT_AXIS_BITS 17

StaticAssertDecl(EUROPE_EAST_MAX / 100 < 1 << ROOT_AXIS_BITS, "a number of cells fits");

/* ---- what the caller asks for --------------------------------------------- */

/* The elements of a list; an error when it is none, or longer than can be. */
static Datum *
list_elements(ArrayType *array, const char *name, Oid type, int16 length, bool by_value,
			  char align, int limit, int *n)
{
	Datum	   *elements;
	bool	   *nulls;

	if (ARR_NDIM(array) > 1 || array_contains_nulls(array) || ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array)) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must be a list of one or more values", name),
				 errhint("Give them from fine to coarse, such as ARRAY['100m', '1km', '10km'] and ARRAY['15 minutes', '1 hour', '1 day']::interval[].")));
	deconstruct_array(array, type, length, by_value, align, &elements, &nulls, n);
	if (*n > limit)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("too many %s", name),
				 errdetail("There are at most %d.", limit),
				 errhint("Leave some out.")));
	return elements;
}

/*
 * A list of resolutions from fine to coarse, each of which divides the next, into
 * an array of MAX_RESOLUTIONS.  How many there are; an error when it is none.
 */
int
resolutions_read(ArrayType *array, Resolution *resolutions)
{
	int			n;
	Datum	   *names = list_elements(array, "resolutions", TEXTOID, -1, false, TYPALIGN_INT, MAX_RESOLUTIONS, &n);

	for (int i = 0; i < n; i++)
	{
		resolutions[i] = resolution_arg(DatumGetTextPP(names[i]));
		if (i > 0 && (resolutions[i] == resolutions[i - 1] ||
					  !resolution_divides(resolutions[i], resolutions[i - 1])))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("a cell of resolution %s does not consist of cells of resolution %s",
							resolution_name(resolutions[i]), resolution_name(resolutions[i - 1])),
					 errhint("Give resolutions of one grid from fine to coarse, each a multiple of the one before, such as 100m, 500m, 1km, 5km, 10km or z17, z15, z13; 5km is no multiple of 2km.")));
	}
	return n;
}

static void
read_buckets(Ladder *ladder, ArrayType *array, const char *zone)
{
	Datum	   *widths = list_elements(array, "buckets", INTERVALOID, sizeof(Interval), false, TYPALIGN_DOUBLE,
									   MAX_BUCKETS, &ladder->n_buckets);

	for (int i = 0; i < ladder->n_buckets; i++)
	{
		BucketClock *clock = &ladder->clock[i];

		ladder->width[i] = *DatumGetIntervalP(widths[i]);
		bucket_clock_for(clock, &ladder->width[i], zone);
		if (i > 0 && (clock->length <= clock[-1].length || clock->length % clock[-1].length != 0))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("buckets must be longer and longer, each a multiple of the one before"),
					 errhint("Give them from short to long, such as 15 minutes, 1 hour, 6 hours, 1 day.")));
	}
}

/* ---- levels ---------------------------------------------------------------- */

/*
 * How far to shift paths so that equal ones are in one cell of each resolution,
 * and from this what level_of_bit and root_shift say.
 */
static void
lay_out_path(Ladder *ladder)
{
	int			n = ladder->n_resolutions;
	int			shift[MAX_RESOLUTIONS] = {0};
	int			level = 0;

	ladder->prefix = true;
	for (int i = 1; i < n; i++)
		ladder->prefix &= cell_path_bits(ladder->resolution[i]) >= 0;
	for (int i = 1; i < n; i++)
	{
		if (ladder->prefix)
			shift[i] = CELL_PATH_BITS - cell_path_bits(ladder->resolution[i]);
		else
		{
			uint32		children = resolution_metres(ladder->resolution[i]) /
				resolution_metres(ladder->resolution[i - 1]);

			ladder->digit_bits[i - 1] = pg_ceil_log2_32(children);
			shift[i] = shift[i - 1] + 2 * ladder->digit_bits[i - 1];
		}
	}
	ladder->root_shift = shift[n - 1];
	for (int bit = 0; bit < lengthof(ladder->level_of_bit); bit++)
	{
		while (level < n && shift[level] <= bit)
			level++;
		ladder->level_of_bit[bit] = level;
	}
}

/* How many cells of the resolution below are in one of each. */
static void
count_cells(Ladder *ladder)
{
	for (int i = 1; i < ladder->n_resolutions; i++)
	{
		Resolution	fine = ladder->resolution[i - 1];
		Resolution	coarse = ladder->resolution[i];

		if (RESOLUTION_GRID(fine) == GRID_WORLD)
			ladder->children[i] = INT64CONST(1) << (cell_path_bits(fine) - cell_path_bits(coarse));
		else
		{
			int64		side = resolution_metres(coarse) / resolution_metres(fine);

			ladder->children[i] = side * side;
		}
	}
}

static void
remember_buckets(Ladder *ladder, uint32 n)
{
	ladder->bucket_mask = n - 1;
	ladder->buckets = palloc0(n * sizeof(LadderBucket));
}

/*
 * A ladder in the current memory context.  buckets and time_zone are NULL where
 * time is not coarsened.  Errors: invalid_parameter_value for what is no ladder.
 */
Ladder *
ladder_create(ArrayType *resolutions, ArrayType *buckets, text *time_zone)
{
	Ladder	   *ladder = palloc0(sizeof(Ladder));

	ladder->n_resolutions = resolutions_read(resolutions, ladder->resolution);
	lay_out_path(ladder);
	count_cells(ladder);
	ladder->n_levels = ladder->n_resolutions;
	if (buckets)
	{
		read_buckets(ladder, buckets, text_to_cstring(time_zone));
		ladder->n_levels += ladder->n_buckets - 1;
		remember_buckets(ladder, FEW_BUCKETS);
		for (int i = 0; i < MAX_BUCKETS; i++)
			ladder->counted[i] = DT_NOBEGIN;
	}
	return ladder;
}

/* There are many rows: remembers more buckets, in the ladder's memory context. */
void
ladder_remember_more(Ladder *ladder)
{
	MemoryContext old;

	if (ladder->n_buckets == 0 || ladder->bucket_mask >= MORE_BUCKETS - 1)
		return;
	old = MemoryContextSwitchTo(GetMemoryChunkContext(ladder));
	pfree(ladder->buckets);
	remember_buckets(ladder, MORE_BUCKETS);
	MemoryContextSwitchTo(old);
}

/* Which of the resolutions, and of the lengths of buckets, a level has. */
int
ladder_resolution_at(const Ladder *ladder, int level)
{
	return Min(level, ladder->n_resolutions - 1);
}

int
ladder_bucket_at(const Ladder *ladder, int level)
{
	return Max(level - (ladder->n_resolutions - 1), 0);
}

/* ---- boxes ----------------------------------------------------------------- */

static pg_noinline void
report_coarse_cell(Resolution resolution, Resolution finest)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("a cell of resolution %s cannot be counted at resolution %s",
					resolution_name(resolution), resolution_name(finest)),
			 errhint("Cells must be of the first resolution, or lie in cells of it.")));
}

/* The cell of the finest resolution that holds a cell. */
Cell
ladder_cell(const Ladder *ladder, Cell cell)
{
	Cell		ancestor;

	if (likely(cell_resolution_of(cell) == ladder->resolution[0]))
		return cell;
	if (!cell_ancestor(cell, ladder->resolution[0], &ancestor))
		report_coarse_cell(cell_resolution_of(cell), ladder->resolution[0]);
	return ancestor;
}

/*
 * The buckets of all lengths around a time.  A longer one is that in which the
 * shorter one begins, so that they nest also where the clock is changed.  Valid
 * until the next call.  Infinity is a bucket of its own.
 */
const LadderBucket *
ladder_bucket(Ladder *ladder, TimestampTz at)
{
	int64		unit = Min(ladder->clock[0].length, 15 * USECS_PER_MINUTE);
	LadderBucket *bucket = &ladder->buckets[(uint64) (at / unit) & ladder->bucket_mask];
	TimestampTz end;

	if (likely(at >= bucket->start[0] && at < bucket->end))
		return bucket;
	if (TIMESTAMP_NOT_FINITE(at))
	{
		for (int i = 0; i < ladder->n_buckets; i++)
			bucket->start[i] = at;
		bucket->end = at;
		return bucket;
	}
	bucket_find(&ladder->clock[0], at, &bucket->start[0], &bucket->end);
	for (int i = 1; i < ladder->n_buckets; i++)
		bucket_find(&ladder->clock[i], bucket->start[i - 1], &bucket->start[i], &end);
	return bucket;
}

/*
 * How many boxes of the level below there are in a box of that level (from 1), the
 * one that holds a time, with or without anybody in them.  A longer bucket has
 * those shorter ones that begin in it: fewer or more where the clock is changed.
 */
int64
ladder_children(Ladder *ladder, int level, TimestampTz at)
{
	int			b = ladder_bucket_at(ladder, level);
	TimestampTz first;
	TimestampTz start;
	TimestampTz end;
	int64		n = 0;

	if (b == 0)
		return ladder->children[level];
	if (TIMESTAMP_NOT_FINITE(at))
		return 1;
	first = ladder_bucket(ladder, at)->start[b];
	if (ladder->counted[b] == first)
		return ladder->children[level];
	bucket_find(&ladder->clock[b], first, &start, &end);
	for (TimestampTz next = first; next < end;)
	{
		bucket_find(&ladder->clock[b - 1], next, &start, &next);
		n += start >= first;
	}
	ladder->counted[b] = first;
	ladder->children[level] = n;
	return n;
}

/*
 * The way from the root to a cell of the finest resolution, as a number: paths
 * grow in the order of the tree.
 */
uint64
ladder_path(const Ladder *ladder, Cell cell)
{
	int			coarsest = ladder->n_resolutions - 1;
	CellParts	parts;
	uint32		size;
	uint32		x;
	uint32		y;
	uint64		path;

	if (likely(ladder->prefix))
		return cell_path(cell);
	parts = cell_unpack(cell);
	size = resolution_metres(ladder->resolution[coarsest]);
	x = (uint32) parts.x % size;
	y = (uint32) parts.y % size;
	path = (uint64) (parts.y / size) << ROOT_AXIS_BITS | parts.x / size;
	for (int i = coarsest - 1; i >= 0; i--)
	{
		int			bits = ladder->digit_bits[i];

		size = resolution_metres(ladder->resolution[i]);
		path = (path << bits | y / size) << bits | x / size;
		x %= size;
		y %= size;
	}
	return path;
}

/* The lowest level at which two different boxes of level 0 are in one box; n_levels: at none. */
int
ladder_meet(Ladder *ladder, const LeafKey *a, const LeafKey *b)
{
	LadderBucket first;
	const LadderBucket *second;

	if (a->root != b->root)
		return ladder->n_levels;
	if (a->bucket == b->bucket)
		return ladder->level_of_bit[pg_leftmost_one_pos64(a->path ^ b->path)];
	if (ladder->n_buckets == 0)
		return ladder->n_levels;
	first = *ladder_bucket(ladder, a->bucket);
	second = ladder_bucket(ladder, b->bucket);
	for (int i = 1; i < ladder->n_buckets; i++)
	{
		if (first.start[i] == second->start[i])
			return ladder->n_resolutions - 1 + i;
	}
	return ladder->n_levels;
}
