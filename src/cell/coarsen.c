/*
 * coarsen.c
 *		coarsen_cell() and try_coarsen_cell(): from positions and cells to cells.
 */
#include "cell/cell_sql.h"

#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(coarsen_cell_position);
PG_FUNCTION_INFO_V1(coarsen_cell_cell);
PG_FUNCTION_INFO_V1(try_coarsen_cell_position);
PG_FUNCTION_INFO_V1(try_coarsen_cell_cell);
PG_FUNCTION_INFO_V1(cell_resolution);

/* The resolution of that name; an unknown one is an error in every function. */
Resolution
resolution_arg(text *name)
{
	Resolution	resolution = resolution_parse(VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name));

	if (unlikely(resolution == RESOLUTION_INVALID))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unknown cell resolution"),
				 errhint("Resolutions are 100m 250m 500m 1km 2km 5km 10km 20km 50km 100km (European grid) and z0 to z23 (world grid).")));
	return resolution;
}

/* Says what is wrong with a position; never where it is. */
pg_noinline void
report_position(PositionStatus status, Resolution resolution)
{
	switch (status)
	{
		case POSITION_OK:
			break;
		case POSITION_NOT_FINITE:
			ereport(ERROR,
					(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
					 errmsg("latitude and longitude must be finite numbers"),
					 errhint("try_coarsen_cell gives null for positions that cannot be used.")));
		case POSITION_BAD_LATITUDE:
			ereport(ERROR,
					(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
					 errmsg("latitude must be between -90 and 90 degrees"),
					 errhint("Latitude is the first argument. try_coarsen_cell gives null for positions that cannot be used.")));
		case POSITION_BAD_LONGITUDE:
			ereport(ERROR,
					(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
					 errmsg("longitude must be between -180 and 180 degrees"),
					 errhint("Longitude is the second argument. try_coarsen_cell gives null for positions that cannot be used.")));
		case POSITION_OUTSIDE_GRID:
			if (RESOLUTION_GRID(resolution) == GRID_EUROPE)
				ereport(ERROR,
						(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
						 errmsg("position is outside the European grid"),
						 errdetail("Its area of use is latitude 24.6 to 84.73 and longitude -35.58 to 44.83, east of the grid's origin (EPSG:3035)."),
						 errhint("Use a resolution of the world grid, z0 to z23, or try_coarsen_cell, which gives null.")));
			ereport(ERROR,
					(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
					 errmsg("position is outside the world grid"),
					 errdetail("Map tiles end at latitude -85.05112878 and 85.05112878."),
					 errhint("No grid holds the poles. try_coarsen_cell gives null for positions that cannot be used.")));
	}
}

/*
 * coarsen_cell(latitude float8, longitude float8, resolution text) returns cell
 *
 * The cell of that resolution that holds a position in degrees, ETRS89 or WGS 84
 * (which differ by less than a metre).  NULL if an argument is NULL.  Errors:
 * numeric_value_out_of_range for a position that is none or outside the grid,
 * invalid_parameter_value for an unknown resolution.
 */
Datum
coarsen_cell_position(PG_FUNCTION_ARGS)
{
	Resolution	resolution = resolution_arg(PG_GETARG_TEXT_PP(2));
	Cell		cell = 0;
	PositionStatus status = cell_from_position(PG_GETARG_FLOAT8(0), PG_GETARG_FLOAT8(1),
											   resolution, &cell);

	if (unlikely(status != POSITION_OK))
		report_position(status, resolution);
	PG_RETURN_CELL(cell);
}

/*
 * try_coarsen_cell(latitude float8, longitude float8, resolution text) returns cell
 *
 * The same, but NULL for a position that cannot be used.
 */
Datum
try_coarsen_cell_position(PG_FUNCTION_ARGS)
{
	Resolution	resolution = resolution_arg(PG_GETARG_TEXT_PP(2));
	Cell		cell = 0;

	if (cell_from_position(PG_GETARG_FLOAT8(0), PG_GETARG_FLOAT8(1), resolution,
						   &cell) != POSITION_OK)
		PG_RETURN_NULL();
	PG_RETURN_CELL(cell);
}

/*
 * coarsen_cell(cell, resolution text) returns cell
 *
 * The ancestor of that resolution, or the cell itself at its own.  NULL if an
 * argument is NULL.  invalid_parameter_value when the resolution is unknown,
 * finer, of the other grid, or not divided by the cell's.
 */
Datum
coarsen_cell_cell(PG_FUNCTION_ARGS)
{
	Cell		cell = PG_GETARG_CELL(0);
	Resolution	resolution = resolution_arg(PG_GETARG_TEXT_PP(1));
	Cell		ancestor;

	if (unlikely(!cell_ancestor(cell, resolution, &ancestor)))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a cell of resolution %s has no ancestor of resolution %s",
						resolution_name(cell_resolution_of(cell)), resolution_name(resolution)),
				 errhint("An ancestor is of the same grid and coarser, and its size is a multiple of the cell's: 2km is in 10km, not in 5km.")));
	PG_RETURN_CELL(ancestor);
}

/*
 * try_coarsen_cell(cell, resolution text) returns cell
 *
 * The same, but NULL where there is no ancestor.
 */
Datum
try_coarsen_cell_cell(PG_FUNCTION_ARGS)
{
	Resolution	resolution = resolution_arg(PG_GETARG_TEXT_PP(1));
	Cell		ancestor;

	if (!cell_ancestor(PG_GETARG_CELL(0), resolution, &ancestor))
		PG_RETURN_NULL();
	PG_RETURN_CELL(ancestor);
}

/* cell_resolution(cell) returns text: '100m' to '100km', 'z0' to 'z23'. */
Datum
cell_resolution(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(cstring_to_text(resolution_name(cell_resolution_of(PG_GETARG_CELL(0)))));
}
