/*
 * empty_predicate.c
 *		For bench/consent_floor.sh: predicates that look at nothing, or at one digit.
 *
 * The same arguments as consented(): what a policy with any C function costs.
 */
#include "postgres.h"

#include "fmgr.h"

PG_MODULE_MAGIC;

PG_FUNCTION_INFO_V1(always);
PG_FUNCTION_INFO_V1(six_of_ten_text);
PG_FUNCTION_INFO_V1(six_of_ten_bigint);

Datum
always(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(true);
}

/* The last digit is below 6. */
Datum
six_of_ten_text(PG_FUNCTION_ARGS)
{
	text	   *t = PG_GETARG_TEXT_PP(0);

	PG_RETURN_BOOL(VARDATA_ANY(t)[VARSIZE_ANY_EXHDR(t) - 1] < '6');
}

Datum
six_of_ten_bigint(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(PG_GETARG_INT64(0) % 10 < 6);
}
