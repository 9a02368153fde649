/*
 * cell_shape.c
 *		Where a cell is and what it looks like: centre, boundary, GeoJSON.
 */
#include "cell/cell_sql.h"

#include <math.h>

#include "access/htup_details.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"

PG_FUNCTION_INFO_V1(cell_center);
PG_FUNCTION_INFO_V1(cell_boundary);
PG_FUNCTION_INFO_V1(cell_geojson);
PG_FUNCTION_INFO_V1(cell_area_m2);

/*
 * cell_center(cell) returns (latitude float8, longitude float8)
 *
 * The middle of the cell on its map, in degrees, to 1e-9 (a tenth of a
 * millimetre), so that the last bits of a machine's libm do not show.
 */
Datum
cell_center(PG_FUNCTION_ARGS)
{
	TupleDesc	descriptor;
	Datum		values[2];
	bool		nulls[2] = {false, false};
	double		latitude,
				longitude;

	if (get_call_result_type(fcinfo, NULL, &descriptor) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	cell_to_position(PG_GETARG_CELL(0), 0.5, 0.5, &latitude, &longitude);
	values[0] = Float8GetDatum(rint(latitude * 1e9) / 1e9);
	values[1] = Float8GetDatum(rint(longitude * 1e9) / 1e9);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(descriptor), values, nulls)));
}

/*
 * Pieces of an edge.  A straight edge on the European grid is curved in degrees:
 * a corner every 2 km keeps the polygon within a metre of the true edge
 * everywhere on the grid (test/t/cell_postgis.sh).  Edges of tiles are straight in degrees.
 */
#define EDGE_PIECE_METRES 2000

static int
edge_pieces(Cell cell)
{
	Resolution	resolution = cell_resolution_of(cell);

	if (RESOLUTION_GRID(resolution) != GRID_EUROPE)
		return 1;
	return (resolution_metres(resolution) + EDGE_PIECE_METRES - 1) / EDGE_PIECE_METRES;
}

/* Nine decimals, a tenth of a millimetre, without trailing zeros and "-0". */
static void
append_degrees(StringInfo out, double degrees)
{
	double		rounded = rint(degrees * 1e9) / 1e9;

	appendStringInfo(out, "%.9f", rounded == 0 ? 0.0 : rounded);
	while (out->data[out->len - 1] == '0')
		out->len--;
	if (out->data[out->len - 1] == '.')
		out->len--;
	out->data[out->len] = '\0';
}

/*
 * The closed outline, counter-clockwise from the south-west corner, longitude
 * before latitude as both WKT and GeoJSON want it.  A point is written as
 * open, longitude, between, latitude, close, with ", " between points.
 */
static void
append_outline(StringInfo out, Cell cell, const char *open, const char *between,
			   const char *close)
{
	static const int corners[5][2] = {{0, 0}, {1, 0}, {1, 1}, {0, 1}, {0, 0}};
	int			pieces = edge_pieces(cell);

	for (int i = 0; i <= 4 * pieces; i++)
	{
		const int  *from = corners[i / pieces % 4];
		const int  *to = corners[i / pieces % 4 + 1];
		double		along = (double) (i % pieces) / pieces;
		double		latitude,
					longitude;

		cell_to_position(cell, from[0] + along * (to[0] - from[0]),
						 from[1] + along * (to[1] - from[1]), &latitude, &longitude);
		appendStringInfoString(out, i == 0 ? "" : ", ");
		appendStringInfoString(out, open);
		append_degrees(out, longitude);
		appendStringInfoString(out, between);
		append_degrees(out, latitude);
		appendStringInfoString(out, close);
	}
}

/*
 * cell_boundary(cell) returns text
 *
 * The outline as WKT, POLYGON with longitude before latitude in degrees:
 * ST_GeomFromText(cell_boundary(c), 4258) is a PostGIS geometry.
 */
Datum
cell_boundary(PG_FUNCTION_ARGS)
{
	StringInfoData out;

	initStringInfo(&out);
	appendStringInfoString(&out, "POLYGON((");
	append_outline(&out, PG_GETARG_CELL(0), "", " ", "");
	appendStringInfoString(&out, "))");
	PG_RETURN_TEXT_P(cstring_to_text_with_len(out.data, out.len));
}

/* cell_geojson(cell) returns jsonb: the same as a GeoJSON geometry (RFC 7946). */
Datum
cell_geojson(PG_FUNCTION_ARGS)
{
	StringInfoData out;

	initStringInfo(&out);
	appendStringInfoString(&out, "{\"type\": \"Polygon\", \"coordinates\": [[");
	append_outline(&out, PG_GETARG_CELL(0), "[", ", ", "]");
	appendStringInfoString(&out, "]]}");
	return DirectFunctionCall1(jsonb_in, CStringGetDatum(out.data));
}

/*
 * cell_area_m2(cell) returns float8
 *
 * Square metres on the ellipsoid, to a thousandth: the square of the
 * cell size on the European grid, what lies between its parallels for a tile.
 */
Datum
cell_area_m2(PG_FUNCTION_ARGS)
{
	PG_RETURN_FLOAT8(rint(cell_area(PG_GETARG_CELL(0)) * 1e3) / 1e3);
}
