/*
 * table_rows.c
 *		The rows of a table with totals, and how one is found by its members.
 */
#include "kanon/table.h"

#include "common/int.h"
#include "port/pg_bitutils.h"

/* An order for sorting rows by their codes. */
typedef struct Place
{
	uint64		code;
	int32		origin;
} Place;

static int
compare_places(const void *a, const void *b)
{
	uint64		x = ((const Place *) a)->code;
	uint64		y = ((const Place *) b)->code;

	return x < y ? -1 : x > y;
}

static int
compare_patterns(const void *a, const void *b)
{
	uint32		x = *(const uint32 *) a;
	uint32		y = *(const uint32 *) b;

	return x < y ? -1 : x > y;
}

/* Fibonacci hashing: codes that differ by a stride are spread. */
static inline uint64
code_hash(uint64 code)
{
	code *= UINT64CONST(0x9E3779B97F4A7C15);
	return code ^ (code >> 32);
}

/* The row with this code, or -1. */
int32
table_find(const Table *table, uint64 code)
{
	uint64		at = code_hash(code) & table->slot_mask;

	if (table->direct)
		return table->slot[code];
	while (table->slot[at] >= 0)
	{
		if (table->code[table->slot[at]] == code)
			return table->slot[at];
		at = (at + 1) & table->slot_mask;
	}
	return -1;
}

/* members[d]: the number of members of dimension d, which are numbered from 1. */
static void
set_strides(Table *table, const int32 *members)
{
	int64		stride = 1;

	for (int d = 0; d < table->dimensions; d++)
	{
		table->stride[d] = (uint64) stride;
		if (pg_mul_s64_overflow(stride, (int64) members[d] + 1, &stride))
			ereport(ERROR,
					(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
					 errmsg("the dimensions have too many combinations of members"),
					 errhint("Leave dimensions out, or make several tables with PARTITION BY.")));
	}
	table->combinations = (uint64) stride;
}

static void
set_slots(Table *table)
{
	uint64		slots = pg_nextpower2_64(Max(2 * (uint64) table->rows, 16));

	/* most tables have nearly all combinations: then a row's place is its code */
	table->direct = table->combinations <= 4 * slots;
	if (table->direct)
		slots = table->combinations;
	table->slot_mask = slots - 1;
	table->slot = palloc(slots * sizeof(int32));
	memset(table->slot, -1, slots * sizeof(int32));
	for (int r = 0; r < table->rows; r++)
	{
		uint64		at = table->direct ? table->code[r] : code_hash(table->code[r]) & table->slot_mask;

		while (table->slot[at] >= 0)
			at = (at + 1) & table->slot_mask;
		table->slot[at] = r;
	}
}

static void
set_patterns(Table *table)
{
	int			n = 0;

	table->pattern = palloc(Max(table->rows, 1) * sizeof(uint32));
	table->pattern_list = palloc(Max(table->rows, 1) * sizeof(uint32));
	for (int r = 0; r < table->rows; r++)
	{
		uint32		pattern = 0;

		for (int d = 0; d < table->dimensions; d++)
			if (table->member[r * table->dimensions + d] > 0)
				pattern |= 1u << d;
		table->pattern[r] = table->pattern_list[r] = pattern;
	}
	qsort(table->pattern_list, table->rows, sizeof(uint32), compare_patterns);
	for (int r = 0; r < table->rows; r++)
		if (n == 0 || table->pattern_list[r] != table->pattern_list[n - 1])
			table->pattern_list[n++] = table->pattern_list[r];
	table->patterns = n;
}

/*
 * A table from rows in any order.  member[row * dimensions + d] is 1 ..
 * members[d], or 0 for a total.  known NULL: every value is known; subjects may
 * be NULL.  An error when two rows have the same members.
 */
Table *
table_create(int dimensions, int rows, const int32 *members, const int32 *member,
			 const int64 *value, const int64 *subjects, const bool *known)
{
	Table	   *table = palloc0(sizeof(Table));
	Place	   *place = palloc(Max(rows, 1) * sizeof(Place));

	table->dimensions = dimensions;
	table->rows = rows;
	set_strides(table, members);
	for (int r = 0; r < rows; r++)
	{
		place[r].origin = r;
		place[r].code = 0;
		for (int d = 0; d < dimensions; d++)
			place[r].code += (uint64) member[r * dimensions + d] * table->stride[d];
	}
	qsort(place, rows, sizeof(Place), compare_places);

	table->member = palloc(Max(rows * dimensions, 1) * sizeof(int32));
	table->code = palloc(Max(rows, 1) * sizeof(uint64));
	table->origin = palloc(Max(rows, 1) * sizeof(int32));
	table->value = palloc(Max(rows, 1) * sizeof(int64));
	if (subjects)
		table->subjects = palloc(Max(rows, 1) * sizeof(int64));
	if (known)
		table->known = palloc(Max(rows, 1) * sizeof(bool));
	for (int r = 0; r < rows; r++)
	{
		int32		from = place[r].origin;

		if (r > 0 && place[r].code == place[r - 1].code)
			ereport(ERROR,
					(errcode(ERRCODE_CARDINALITY_VIOLATION),
					 errmsg("two rows have the same place in the table"),
					 errhint("A null dimension means a total: replace nulls of the data with COALESCE, and make one table of each group with PARTITION BY.")));
		memcpy(&table->member[r * dimensions], &member[from * dimensions], dimensions * sizeof(int32));
		table->code[r] = place[r].code;
		table->origin[r] = from;
		table->value[r] = value[from];
		if (subjects)
			table->subjects[r] = subjects[from];
		if (known)
			table->known[r] = known[from];
	}
	pfree(place);
	set_slots(table);
	set_patterns(table);
	return table;
}
