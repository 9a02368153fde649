/*
 * table_sql.c
 *		Window functions over a table with totals; one partition is one table.
 *
 * The first row of a partition reads all of them and computes; the others look
 * up their result.
 */
#include "kanon/kanon.h"
#include "kanon/table.h"

#include "catalog/pg_collation_d.h"
#include "catalog/pg_type_d.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/numeric.h"
#include "utils/rangetypes.h"
#include "utils/typcache.h"
#include "windowapi.h"

PG_FUNCTION_INFO_V1(kanon_table);
PG_FUNCTION_INFO_V1(kanon_table_reason);
PG_FUNCTION_INFO_V1(table_bounds);
PG_FUNCTION_INFO_V1(table_bounds_distinct);

/* A dimension's values while they become numbers. */
typedef struct Dimension
{
	TypeCacheEntry *type;
	Datum	   *value;
	bool	   *isnull;
} Dimension;

/* One row of a dimension, for sorting. */
typedef struct Member
{
	Datum		value;
	int32		row;
} Member;

/* What a window function needs of its arguments. */
typedef struct Input
{
	WindowObject window;
	int			rows;
	int			dimensions;
	int64	   *value;
	int64	   *subjects;
	bool	   *known;
	int32		k;
	Dimension	dimension[TABLE_MAX_DIMENSIONS];
} Input;

/* Where the results of a partition are kept, by position in it. */
typedef struct Results
{
	bool		computed;
	int64		value[FLEXIBLE_ARRAY_MEMBER];
} Results;

/* ---- dimensions ------------------------------------------------------------ */

/* Types that have an order: that of bytes for text. */
static void
dimension_init(Input *in, int d, Oid type)
{
	Dimension  *dimension = &in->dimension[d];

	dimension->type = lookup_type_cache(type, TYPECACHE_CMP_PROC_FINFO);
	if (!OidIsValid(dimension->type->cmp_proc) || OidIsValid(get_element_type(type)))
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("a value of type %s cannot be a dimension of a table", format_type_be(type)),
				 errhint("Pass columns, one for each dimension, of a type that can be sorted; cast others to text.")));
	dimension->value = palloc(Max(in->rows, 1) * sizeof(Datum));
	dimension->isnull = palloc(Max(in->rows, 1) * sizeof(bool));
}

static int
compare_members(const void *a, const void *b, void *arg)
{
	TypeCacheEntry *type = arg;

	return DatumGetInt32(FunctionCall2Coll(&type->cmp_proc_finfo, C_COLLATION_OID,
										   ((const Member *) a)->value, ((const Member *) b)->value));
}

/* Numbers the distinct values of a dimension from 1, in their order; returns how many there are. */
static int32
number_members(const Input *in, int d, int32 *number)
{
	const Dimension *dimension = &in->dimension[d];
	Member	   *member = palloc(Max(in->rows, 1) * sizeof(Member));
	int			n = 0;
	int32		last = 0;

	for (int r = 0; r < in->rows; r++)
	{
		if (!dimension->isnull[r])
			member[n++] = (Member) {dimension->value[r], r};
		number[r * in->dimensions + d] = 0;
	}
	qsort_arg(member, n, sizeof(Member), compare_members, dimension->type);
	for (int i = 0; i < n; i++)
	{
		if (i == 0 || compare_members(&member[i - 1], &member[i], dimension->type) != 0)
			last++;
		number[member[i].row * in->dimensions + d] = last;
	}
	pfree(member);
	return last;
}

/* ---- rows ------------------------------------------------------------------ */

static Datum
argument(const Input *in, int argument, int row, bool *isnull)
{
	bool		isout;

	return WinGetFuncArgInPartition(in->window, argument, row, WINDOW_SEEK_HEAD, false, isnull, &isout);
}

static int64
read_count(const Input *in, int place, int row, const char *what)
{
	bool		isnull;
	int64		count = DatumGetInt64(argument(in, place, row, &isnull));

	if (isnull)
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("%s must not be null", what),
				 errhint("Give every row of the table its count, 0 where there was nobody.")));
	if (count < 0 || count > TABLE_MAX_VALUE)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("%s must be between 0 and %lld", what, (long long) TABLE_MAX_VALUE),
				 errhint("A table with totals holds counts.")));
	return count;
}

/* k, the same in every row. */
static void
read_k(Input *in, int place, int row)
{
	bool		isnull;
	int32		k = DatumGetInt32(argument(in, place, row, &isnull));

	check_k(isnull, k);
	if (row > 0 && k != in->k)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("k must be constant within a table"),
				 errhint("Pass a constant, or name the column that k comes from in PARTITION BY.")));
	in->k = k;
}

static void
read_members(Input *in, int first, int row)
{
	for (int d = 0; d < in->dimensions; d++)
	{
		Dimension  *dimension = &in->dimension[d];
		Datum		value = argument(in, first + d, row, &dimension->isnull[row]);

		if (!dimension->isnull[row])
			dimension->value[row] = datumCopy(value, dimension->type->typbyval, dimension->type->typlen);
	}
}

/* The rows of the partition, numbered; first: the place of the first dimension among the arguments. */
static Table *
read_table(FunctionCallInfo fcinfo, Input *in, int first)
{
	int32	   *number;
	int32		members[TABLE_MAX_DIMENSIONS];
	bool		counts = in->subjects != NULL;

	in->dimensions = PG_NARGS() - first;
	if (in->dimensions > TABLE_MAX_DIMENSIONS)
		ereport(ERROR,
				(errcode(ERRCODE_TOO_MANY_ARGUMENTS),
				 errmsg("a table has at most %d dimensions", TABLE_MAX_DIMENSIONS)));
	for (int d = 0; d < in->dimensions; d++)
		dimension_init(in, d, get_fn_expr_argtype(fcinfo->flinfo, first + d));
	for (int r = 0; r < in->rows; r++)
	{
		CHECK_FOR_INTERRUPTS();
		if (counts)
		{
			in->value[r] = read_count(in, 0, r, "value");
			in->subjects[r] = read_count(in, 1, r, "subjects");
			read_k(in, 2, r);
			if (in->subjects[r] > in->value[r])
				ereport(ERROR,
						(errcode(ERRCODE_DATA_EXCEPTION),
						 errmsg("a row has more subjects than visits"),
						 errhint("The value counts every subject at least once.")));
		}
		else
		{
			bool		isnull;

			(void) argument(in, 0, r, &isnull);
			in->known[r] = !isnull;
			in->value[r] = isnull ? 0 : read_count(in, 0, r, "value");
		}
		read_members(in, first, r);
	}
	number = palloc(Max(in->rows * in->dimensions, 1) * sizeof(int32));
	for (int d = 0; d < in->dimensions; d++)
		members[d] = number_members(in, d, number);
	return table_create(in->dimensions, in->rows, members, number, in->value, in->subjects, in->known);
}

/* ---- window functions ------------------------------------------------------- */

/* Withheld rows of the partition: value[position] is its RowState. */
static void
compute_states(FunctionCallInfo fcinfo, Input *in, Results *results)
{
	Table	   *table;
	RowState   *state;

	in->subjects = palloc(Max(in->rows, 1) * sizeof(int64));
	table = read_table(fcinfo, in, 3);
	state = table_suppress(table, in->k);
	for (int r = 0; r < table->rows; r++)
		results->value[table->origin[r]] = state[r];
}

/* Bounds of the partition: value[2 * position], and the place after it. */
static void
compute_bounds(FunctionCallInfo fcinfo, Input *in, Results *results, bool distinct)
{
	Table	   *table;
	Relations  *relations;
	Bounds		bounds;

	in->known = palloc(Max(in->rows, 1) * sizeof(bool));
	table = read_table(fcinfo, in, 1);
	relations = table_relations(table, distinct);
	table_check(table, relations);
	bounds = table_bounds_of(table, relations);
	for (int r = 0; r < table->rows; r++)
	{
		results->value[2 * table->origin[r]] = bounds.lower[r];
		results->value[2 * table->origin[r] + 1] = bounds.upper[r];
	}
}

static void
compute_bounds_of_sums(FunctionCallInfo fcinfo, Input *in, Results *results)
{
	compute_bounds(fcinfo, in, results, false);
}

static void
compute_bounds_of_distinct(FunctionCallInfo fcinfo, Input *in, Results *results)
{
	compute_bounds(fcinfo, in, results, true);
}

/* The results of the current partition, width numbers for each row; computed at its first row. */
static Results *
partition_results(FunctionCallInfo fcinfo, int width,
				  void (*compute) (FunctionCallInfo fcinfo, Input *in, Results *results))
{
	Input		in = {0};
	Results    *results;
	int64		rows;

	if (!WindowObjectIsValid(PG_WINDOW_OBJECT()))
		ereport(ERROR,
				(errcode(ERRCODE_WINDOWING_ERROR),
				 errmsg("the function can only be called as a window function")));
	in.window = PG_WINDOW_OBJECT();
	rows = WinGetPartitionRowCount(in.window);
	if (rows > TABLE_MAX_ROWS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("a table has at most %d rows", TABLE_MAX_ROWS),
				 errhint("Make several tables with PARTITION BY.")));
	in.rows = (int) rows;
	results = WinGetPartitionLocalMemory(in.window, offsetof(Results, value) + width * rows * sizeof(int64));
	if (!results->computed)
	{
		MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "table with totals",
													  ALLOCSET_DEFAULT_SIZES);
		MemoryContext caller = MemoryContextSwitchTo(context);

		in.value = palloc(Max(in.rows, 1) * sizeof(int64));
		compute(fcinfo, &in, results);
		MemoryContextSwitchTo(caller);
		MemoryContextDelete(context);
		results->computed = true;
	}
	return results;
}

static RowState
current_state(FunctionCallInfo fcinfo)
{
	Results    *results = partition_results(fcinfo, 1, compute_states);

	return (RowState) results->value[WinGetCurrentPosition(PG_WINDOW_OBJECT())];
}

/*
 * kanon_table(value bigint, subjects bigint, k int, VARIADIC dimensions "any") OVER (...)
 *
 * The value, or NULL where the row is withheld.  value: a count that adds up
 * over all dimensions, >= subjects; subjects: distinct subjects of the row.
 * A NULL dimension means a total.  Errors: NULL or negative counts, k below
 * mobanon.k_floor or not constant, totals that are missing or not the sum of
 * their parts.  Method: primary suppression by frequency, then complementary
 * suppression by a generalized hypercube method (Repsilber; see doc/kanon.md).
 */
Datum
kanon_table(PG_FUNCTION_ARGS)
{
	bool		isnull;

	if (current_state(fcinfo) != ROW_SHOWN)
		PG_RETURN_NULL();
	PG_RETURN_DATUM(WinGetFuncArgCurrent(PG_WINDOW_OBJECT(), 0, &isnull));
}

/*
 * kanon_table_reason(value, subjects, k, VARIADIC dimensions) OVER (...): why a
 * row is withheld, small or complementary; NULL for a row that is shown.  Tells
 * of single groups that they are small: not to be released.
 */
Datum
kanon_table_reason(PG_FUNCTION_ARGS)
{
	switch (current_state(fcinfo))
	{
		case ROW_SMALL:
			PG_RETURN_TEXT_P(cstring_to_text("small"));
		case ROW_COMPLEMENTARY:
			PG_RETURN_TEXT_P(cstring_to_text("complementary"));
		case ROW_SHOWN:
			break;
	}
	PG_RETURN_NULL();
}

static RangeBound
range_bound(int64 value, bool lower)
{
	RangeBound	bound = {.inclusive = value != BOUND_UNKNOWN, .lower = lower, .infinite = value == BOUND_UNKNOWN};

	if (!bound.infinite)
		bound.val = NumericGetDatum(int64_to_numeric(value));
	return bound;
}

/* The bounds of the current row as a range; NULL when its value is known. */
static Datum
current_bounds(FunctionCallInfo fcinfo, const Results *results)
{
	int64		at = WinGetCurrentPosition(PG_WINDOW_OBJECT());
	RangeBound	lower = range_bound(results->value[2 * at], true);
	RangeBound	upper = range_bound(results->value[2 * at + 1], false);
	bool		isnull;

	(void) WinGetFuncArgCurrent(PG_WINDOW_OBJECT(), 0, &isnull);
	if (!isnull)
		PG_RETURN_NULL();
	PG_RETURN_RANGE_P(mobanon_make_range(lookup_type_cache(NUMRANGEOID, TYPECACHE_RANGE_INFO),
										 &lower, &upper));
}

/*
 * table_bounds(value bigint, VARIADIC dimensions "any") OVER (...)
 *
 * For a row whose value is NULL: the values that a reader cannot exclude, from
 * the other rows and from which of them add up.  NULL for other rows.
 */
Datum
table_bounds(PG_FUNCTION_ARGS)
{
	return current_bounds(fcinfo, partition_results(fcinfo, 2, compute_bounds_of_sums));
}

/*
 * table_bounds_distinct(value bigint, VARIADIC dimensions "any") OVER (...)
 *
 * The same for values that count distinct subjects, in totals too: a total is
 * at least each of its parts and at most their sum.
 */
Datum
table_bounds_distinct(PG_FUNCTION_ARGS)
{
	return current_bounds(fcinfo, partition_results(fcinfo, 2, compute_bounds_of_distinct));
}
