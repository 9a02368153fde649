/*
 * table_relation.c
 *		Which rows of a table add up to which.
 *
 * A row with pattern A is the sum of the rows with pattern B that agree with it
 * on A, for every B that contains A with no other pattern of the table between
 * them: all other sums follow from these.
 */
#include "kanon/table.h"

#include "miscadmin.h"

/* No pattern of the table lies between part's and total's. */
static bool
pattern_covers(const Table *table, uint32 total, uint32 part)
{
	if (total == part || (total & part) != total)
		return false;
	for (int i = 0; i < table->patterns; i++)
	{
		uint32		between = table->pattern_list[i];

		if (between != total && between != part &&
			(total & between) == total && (between & part) == between)
			return false;
	}
	return true;
}

/* The total of a row over the dimensions that are not in pattern, or -1. */
static int32
total_of(const Table *table, int32 row, uint32 pattern)
{
	uint64		code = 0;

	for (int d = 0; d < table->dimensions; d++)
		if (pattern & (1u << d))
			code += (uint64) table->member[row * table->dimensions + d] * table->stride[d];
	return table_find(table, code);
}

/* Appends the relations between two patterns.  first[row]: scratch, all 0 before and after. */
static void
add_relations(const Table *table, uint32 total, uint32 part, Relations *r, int32 *first, int32 *used)
{
	int32		parts = *used;

	/* how many parts each total has, then where they begin, then the parts */
	for (int row = 0; row < table->rows; row++)
	{
		int32		t;

		if (table->pattern[row] == part && (t = total_of(table, row, total)) >= 0)
			first[t]++;
	}
	for (int row = 0; row < table->rows; row++)
	{
		if (first[row] > 0)
		{
			int32		n = first[row];

			first[row] = parts;
			r->total[r->relations++] = row;
			parts += n;
			r->start[r->relations] = parts;
		}
	}
	for (int row = 0; row < table->rows; row++)
	{
		int32		t;

		if (table->pattern[row] == part && (t = total_of(table, row, total)) >= 0)
			r->part[first[t]++] = row;
	}
	for (int row = 0; row < table->rows; row++)
		first[row] = 0;
	*used = parts;
	CHECK_FOR_INTERRUPTS();
}

/* All relations of a table; distinct: its values count subjects, who are in several parts. */
Relations *
table_relations(const Table *table, bool distinct)
{
	Relations  *r = palloc0(sizeof(Relations));
	int32	   *first = palloc0(Max(table->rows, 1) * sizeof(int32));
	int64		pairs = 0;
	int32		used = 0;

	r->distinct = distinct;
	for (int a = 0; a < table->patterns; a++)
		for (int b = 0; b < table->patterns; b++)
			pairs += pattern_covers(table, table->pattern_list[a], table->pattern_list[b]);
	if (pairs * table->rows > PG_INT32_MAX / 2)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("the table has too many rows and totals"),
				 errhint("Make several tables with PARTITION BY.")));

	/* a pair of patterns has at most a part, and at most a total, for each row */
	r->total = MemoryContextAllocHuge(CurrentMemoryContext, (pairs * table->rows + 1) * sizeof(int32));
	r->start = MemoryContextAllocHuge(CurrentMemoryContext, (pairs * table->rows + 2) * sizeof(int32));
	r->part = MemoryContextAllocHuge(CurrentMemoryContext, (pairs * table->rows + 1) * sizeof(int32));
	r->start[0] = 0;
	for (int a = 0; a < table->patterns; a++)
		for (int b = 0; b < table->patterns; b++)
			if (pattern_covers(table, table->pattern_list[a], table->pattern_list[b]))
				add_relations(table, table->pattern_list[a], table->pattern_list[b], r, first, &used);
	pfree(first);
	return r;
}

static void
report_subjects(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATA_EXCEPTION),
			 errmsg("the subjects of a total do not fit those of its parts"),
			 errhint("A total has at least the subjects of each part and at most those of all: take count(DISTINCT subject), in totals too.")));
}

static void
report_sum(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATA_EXCEPTION),
			 errmsg("a total is not the sum of its parts"),
			 errhint("Visits add up: count each subject once in every innermost cell. Distinct subjects of a total do not. Rows that are withheld have a null value; a row that is missing counts as zero.")));
}

/* Do the parts fit their total? */
static inline bool
parts_fit(int64 total, int64 sum, int64 largest)
{
	return largest <= total && total <= sum;
}

/*
 * An error unless every total whose parts are known is their sum (of distinct
 * subjects: fits them), and its subjects fit those of its parts.
 */
void
table_check(const Table *table, const Relations *relations)
{
	for (int i = 0; i < relations->relations; i++)
	{
		int32		total = relations->total[i];
		int64		value = 0;
		int64		largest = 0;
		int64		subjects = 0;
		int64		most = 0;
		bool		known = table->known == NULL || table->known[total];

		for (int32 p = relations->start[i]; p < relations->start[i + 1]; p++)
		{
			int32		part = relations->part[p];

			known = known && (table->known == NULL || table->known[part]);
			value += table->value[part];
			largest = Max(largest, table->value[part]);
			if (table->subjects)
			{
				subjects += table->subjects[part];
				most = Max(most, table->subjects[part]);
			}
		}
		if (known && relations->distinct && !parts_fit(table->value[total], value, largest))
			report_subjects();
		if (known && !relations->distinct && value != table->value[total])
			report_sum();
		if (table->subjects && !parts_fit(table->subjects[total], subjects, most))
			report_subjects();
	}
}
