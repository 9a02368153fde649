/*
 * cell_type.c
 *		The SQL type cell: input and output, casts, comparison, hash.
 */
#include "cell/cell_sql.h"

#include "common/hashfn.h"
#include "libpq/pqformat.h"
#include "utils/sortsupport.h"

PG_FUNCTION_INFO_V1(cell_in);
PG_FUNCTION_INFO_V1(cell_out);
PG_FUNCTION_INFO_V1(cell_recv);
PG_FUNCTION_INFO_V1(cell_send);
PG_FUNCTION_INFO_V1(cell_to_bigint);
PG_FUNCTION_INFO_V1(cell_from_bigint);
PG_FUNCTION_INFO_V1(cell_eq);
PG_FUNCTION_INFO_V1(cell_ne);
PG_FUNCTION_INFO_V1(cell_lt);
PG_FUNCTION_INFO_V1(cell_le);
PG_FUNCTION_INFO_V1(cell_gt);
PG_FUNCTION_INFO_V1(cell_ge);
PG_FUNCTION_INFO_V1(cell_cmp);
PG_FUNCTION_INFO_V1(cell_sortsupport);
PG_FUNCTION_INFO_V1(cell_hash);
PG_FUNCTION_INFO_V1(cell_hash_extended);

/* ---- input and output ---------------------------------------------------- */

/*
 * Text to cell: '1kmN3265E4334', 'CRS3035RES1000mN3265000E4334000', a quadkey,
 * or 'z0'.  The error names the place, not the text: what somebody loads into
 * the wrong column must not end up in a log.
 */
Datum
cell_in(PG_FUNCTION_ARGS)
{
	char	   *text = PG_GETARG_CSTRING(0);
	Cell		cell;
	CellParseError error;

	if (!cell_parse(text, strlen(text), &cell, &error))
		ereturn(fcinfo->context, (Datum) 0,
				(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
				 errmsg("invalid input syntax for type cell at position %d", error.position),
				 errdetail("%s", error.detail),
				 errhint("A cell is written like 1kmN3265E4334 or CRS3035RES1000mN3265000E4334000 (European grid), or as a quadkey like 120210233 (world grid; z0 is the whole world).")));
	PG_RETURN_CELL(cell);
}

/* Cell to text: the short code of the European grid, a quadkey, or 'z0'. */
Datum
cell_out(PG_FUNCTION_ARGS)
{
	char	   *text = palloc(CELL_TEXT_LEN);

	cell_format(PG_GETARG_CELL(0), text);
	PG_RETURN_CSTRING(text);
}

/* Eight bytes, big-endian, that are a cell. */
Datum
cell_recv(PG_FUNCTION_ARGS)
{
	StringInfo	buffer = (StringInfo) PG_GETARG_POINTER(0);
	Cell		cell = (Cell) pq_getmsgint64(buffer);

	if (!cell_is_valid(cell))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("invalid binary form of type cell"),
				 errhint("Send what the server sent, or use the text form.")));
	PG_RETURN_CELL(cell);
}

/* The same eight bytes. */
Datum
cell_send(PG_FUNCTION_ARGS)
{
	StringInfoData buffer;

	pq_begintypsend(&buffer);
	pq_sendint64(&buffer, PG_GETARG_CELL(0));
	PG_RETURN_BYTEA_P(pq_endtypsend(&buffer));
}

/* cell::bigint: a positive number below 2^53, in the order of the cells. */
Datum
cell_to_bigint(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64((int64) PG_GETARG_CELL(0));
}

/* bigint::cell: the way back; invalid_parameter_value for other numbers. */
Datum
cell_from_bigint(PG_FUNCTION_ARGS)
{
	Cell		cell = (Cell) PG_GETARG_INT64(0);

	if (!cell_is_valid(cell))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("bigint is not the number of a cell"),
				 errhint("Only numbers that come from cell::bigint can be cast back.")));
	PG_RETURN_CELL(cell);
}

/* ---- comparison ---------------------------------------------------------- */

/* Cells are positive, so their order as unsigned is that of their bigints. */
#define COMPARISON(name, operator) \
	Datum \
	name(PG_FUNCTION_ARGS) \
	{ \
		PG_RETURN_BOOL(PG_GETARG_CELL(0) operator PG_GETARG_CELL(1)); \
	}

COMPARISON(cell_eq, ==)
COMPARISON(cell_ne, !=)
COMPARISON(cell_lt, <)
COMPARISON(cell_le, <=)
COMPARISON(cell_gt, >)
COMPARISON(cell_ge, >=)

static inline int
compare(Cell a, Cell b)
{
	return (a > b) - (a < b);
}

/* btree comparison. */
Datum
cell_cmp(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(compare(PG_GETARG_CELL(0), PG_GETARG_CELL(1)));
}

#if SIZEOF_DATUM < 8
static int
compare_fast(Datum a, Datum b, SortSupport ssup)
{
	return compare(DatumGetCell(a), DatumGetCell(b));
}
#endif

/* With this comparator PostgreSQL sorts without calling a function per pair. */
Datum
cell_sortsupport(PG_FUNCTION_ARGS)
{
	SortSupport ssup = (SortSupport) PG_GETARG_POINTER(0);

#if SIZEOF_DATUM >= 8
	ssup->comparator = ssup_datum_signed_cmp;
#else
	ssup->comparator = compare_fast;
#endif
	PG_RETURN_VOID();
}

/* ---- hash ---------------------------------------------------------------- */

/*
 * A bijection of 64 bits (the finalizer of MurmurHash3 with Stafford's constants
 * "mix 13").  Our own, since PostgreSQL's hashint8 folds the halves of a value
 * together, and its hash functions need not agree between majors.
 */
static inline uint64
mix(uint64 h)
{
	h = (h ^ h >> 30) * UINT64CONST(0xbf58476d1ce4e5b9);
	h = (h ^ h >> 27) * UINT64CONST(0x94d049bb133111eb);
	return h ^ h >> 31;
}

/* Hash for hash indexes, joins, GROUP BY: the low half of cell_hash_extended. */
Datum
cell_hash(PG_FUNCTION_ARGS)
{
	PG_RETURN_UINT32((uint32) mix(PG_GETARG_CELL(0)));
}

/* Hash with a seed, for hash partitions; seed 0 agrees with cell_hash. */
Datum
cell_hash_extended(PG_FUNCTION_ARGS)
{
	uint64		seed = (uint64) PG_GETARG_INT64(1);

	PG_RETURN_UINT64(mix(PG_GETARG_CELL(0) ^ mix(seed)));
}
