/*
 * site.c
 *		Radio cells: identities in SQL, and the cell of the grid that the site
 *		was in at a time.
 */
#include "cell/cell_sql.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/namespace.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "cell/site_identity.h"

PG_FUNCTION_INFO_V1(site_identity_from_text);
PG_FUNCTION_INFO_V1(try_site_identity_from_text);
PG_FUNCTION_INFO_V1(site_identity_from_parts);
PG_FUNCTION_INFO_V1(try_site_identity_from_parts);
PG_FUNCTION_INFO_V1(coarsen_site);
PG_FUNCTION_INFO_V1(try_coarsen_site);

/* Columns of mobanon.site. */
#define SITE_IDENTITY	1
#define SITE_VALID_FROM 2
#define SITE_VALID_TO	3
#define SITE_LATITUDE	4
#define SITE_LONGITUDE	5

#define IDENTITY_HINT "Identities are cgi:MCC-MNC-LAC-CI (GSM), utran:MCC-MNC-LAC-UCID (UMTS), ecgi:MCC-MNC-ECI (LTE) and ncgi:MCC-MNC-NCI (NR)."

/* ---- identities ---------------------------------------------------------- */

static text *
identity_text(const SiteIdentity *identity)
{
	char		buffer[SITE_TEXT_LEN];
	int			len = site_identity_format(identity, buffer);

	return cstring_to_text_with_len(buffer, len);
}

/* An identity in any spelling, in its one form; an error that shows the place. */
static SiteIdentity
identity_arg(text *value)
{
	SiteIdentity identity;
	SiteParseError error;

	if (!site_identity_parse(VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value), &identity, &error))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
				 errmsg("invalid cell identity at position %d", error.position),
				 errdetail("%s", error.detail),
				 errhint(IDENTITY_HINT)));
	return identity;
}

/*
 * site_identity(text) returns text
 *
 * The identity in its one form: numbers decimal, without leading zeros.  Checked
 * against 3GPP TS 23.003; invalid_text_representation for what is none.
 */
Datum
site_identity_from_text(PG_FUNCTION_ARGS)
{
	SiteIdentity identity = identity_arg(PG_GETARG_TEXT_PP(0));

	PG_RETURN_TEXT_P(identity_text(&identity));
}

/* try_site_identity(text) returns text: the same, but NULL for what is none. */
Datum
try_site_identity_from_text(PG_FUNCTION_ARGS)
{
	text	   *value = PG_GETARG_TEXT_PP(0);
	SiteIdentity identity;
	SiteParseError error;

	if (!site_identity_parse(VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value), &identity, &error))
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(identity_text(&identity));
}

/* The parts as columns have them; false with the reason where they are no identity. */
static bool
identity_from_parts(FunctionCallInfo fcinfo, SiteIdentity *identity, const char **detail)
{
	text	   *radio = PG_GETARG_TEXT_PP(0);
	char	   *codes[2] = {identity->mcc, identity->mnc};

	memset(identity, 0, sizeof(*identity));
	*detail = "The radio technology is GSM, UMTS, LTE or NR.";
	if (!site_kind_of_radio(VARDATA_ANY(radio), VARSIZE_ANY_EXHDR(radio), &identity->kind))
		return false;
	for (int i = 0; i < 2; i++)
	{
		text	   *code = PG_GETARG_TEXT_PP(1 + i);

		/* too long stays recognizable: four bytes, no NUL within three */
		strlcpy(codes[i], "?", 4);
		if (VARSIZE_ANY_EXHDR(code) <= 3)
			text_to_cstring_buffer(code, codes[i], 4);
	}
	identity->area = PG_GETARG_INT64(3);
	identity->cell = PG_GETARG_INT64(4);
	return site_identity_check(identity, detail);
}

/*
 * site_identity(radio text, mcc text, mnc text, area bigint, cell bigint) returns text
 *
 * The identity from columns; radio is GSM, UMTS, LTE or NR, and area (LAC) counts
 * for GSM and UMTS only.  invalid_parameter_value for parts out of range.
 */
Datum
site_identity_from_parts(PG_FUNCTION_ARGS)
{
	SiteIdentity identity;
	const char *detail;

	if (!identity_from_parts(fcinfo, &identity, &detail))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid cell identity"),
				 errdetail("%s", detail),
				 errhint(IDENTITY_HINT)));
	PG_RETURN_TEXT_P(identity_text(&identity));
}

/* try_site_identity(...) returns text: the same, but NULL for parts out of range. */
Datum
try_site_identity_from_parts(PG_FUNCTION_ARGS)
{
	SiteIdentity identity;
	const char *detail;

	if (!identity_from_parts(fcinfo, &identity, &detail))
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(identity_text(&identity));
}

/* ---- look-up ------------------------------------------------------------- */

/* The position in a row of mobanon.site, unless it had ended by then. */
static bool
position_from_tuple(HeapTuple tuple, TupleDesc descriptor, TimestampTz at,
					double *latitude, double *longitude)
{
	bool		isnull;
	Datum		valid_to = heap_getattr(tuple, SITE_VALID_TO, descriptor, &isnull);

	if (!isnull && DatumGetTimestampTz(valid_to) <= at)
		return false;
	*latitude = DatumGetFloat8(heap_getattr(tuple, SITE_LATITUDE, descriptor, &isnull));
	*longitude = DatumGetFloat8(heap_getattr(tuple, SITE_LONGITUDE, descriptor, &isnull));
	return true;
}

/*
 * Where the site was at that time: the row with the latest valid_from that is not
 * later, found by one step back in the primary key, in the statement's snapshot.
 */
static bool
find_site(const SiteIdentity *identity, TimestampTz at, double *latitude, double *longitude)
{
	Oid			namespace = get_namespace_oid(MOBANON_SCHEMA, false);
	Relation	site = table_open(get_relname_relid("site", namespace), AccessShareLock);
	Relation	index = index_open(get_relname_relid("site_pkey", namespace), AccessShareLock);
	ScanKeyData keys[2];
	SysScanDesc scan;
	HeapTuple	tuple;
	bool		found = false;

	ScanKeyInit(&keys[0], SITE_IDENTITY, BTEqualStrategyNumber, F_TEXTEQ,
				PointerGetDatum(identity_text(identity)));
	ScanKeyInit(&keys[1], SITE_VALID_FROM, BTLessEqualStrategyNumber, F_TIMESTAMPTZ_LE,
				TimestampTzGetDatum(at));
	scan = systable_beginscan_ordered(site, index, GetActiveSnapshot(), 2, keys);
	tuple = systable_getnext_ordered(scan, BackwardScanDirection);
	if (HeapTupleIsValid(tuple))
		found = position_from_tuple(tuple, RelationGetDescr(site), at, latitude, longitude);
	systable_endscan_ordered(scan);
	index_close(index, AccessShareLock);
	table_close(site, AccessShareLock);
	return found;
}

/*
 * coarsen_site(cell_identity text, at timestamptz, resolution text) returns cell
 *
 * The cell of that resolution that holds the site which had that identity at that
 * time.  NULL if an argument is NULL.  Errors: invalid_text_representation for
 * what is no identity, no_data_found for a site that is not known for that time,
 * those of coarsen_cell for its position.
 */
Datum
coarsen_site(PG_FUNCTION_ARGS)
{
	SiteIdentity identity = identity_arg(PG_GETARG_TEXT_PP(0));
	Resolution	resolution = resolution_arg(PG_GETARG_TEXT_PP(2));
	double		latitude = 0,
				longitude = 0;
	Cell		cell = 0;
	PositionStatus status;

	if (!find_site(&identity, PG_GETARG_TIMESTAMPTZ(1), &latitude, &longitude))
		ereport(ERROR,
				(errcode(ERRCODE_NO_DATA_FOUND),
				 errmsg("no site had this cell identity at this time"),
				 errhint("Load the operator's sites with mobanon.load_sites, or use try_coarsen_site, which gives null.")));
	status = cell_from_position(latitude, longitude, resolution, &cell);
	if (status != POSITION_OK)
		report_position(status, resolution);
	PG_RETURN_CELL(cell);
}

/*
 * try_coarsen_site(cell_identity text, at timestamptz, resolution text) returns cell
 *
 * The same, but NULL for what is no identity, an unknown site or a position
 * outside the grid.
 */
Datum
try_coarsen_site(PG_FUNCTION_ARGS)
{
	text	   *value = PG_GETARG_TEXT_PP(0);
	Resolution	resolution = resolution_arg(PG_GETARG_TEXT_PP(2));
	SiteIdentity identity;
	SiteParseError error;
	double		latitude = 0,
				longitude = 0;
	Cell		cell = 0;

	if (!site_identity_parse(VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value), &identity, &error) ||
		!find_site(&identity, PG_GETARG_TIMESTAMPTZ(1), &latitude, &longitude) ||
		cell_from_position(latitude, longitude, resolution, &cell) != POSITION_OK)
		PG_RETURN_NULL();
	PG_RETURN_CELL(cell);
}
