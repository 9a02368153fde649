/*
 * cell_family.c
 *		Sets of cells: those in a cell, around a cell, on a bounding box.
 */
#include "cell/cell_sql.h"

#include <math.h>

#include "funcapi.h"
#include "miscadmin.h"

PG_FUNCTION_INFO_V1(cell_children);
PG_FUNCTION_INFO_V1(cell_neighbors);
PG_FUNCTION_INFO_V1(cells_within);

/* Rows and columns of cells, handed out one per call, south (north) to north. */
typedef struct Walk
{
	Resolution	resolution;
	int64		x;				/* of the next cell, as in CellParts */
	int64		y;
	int64		first_x;
	int64		last_x;
	int64		last_y;
	int64		step;
	CellBox		box;			/* cells_within */
} Walk;

/* The next cell of the walk; false at its end. */
static bool
walk_next(Walk *walk, Cell *cell)
{
	if (walk->y > walk->last_y)
		return false;
	*cell = cell_pack(walk->resolution, (int32) walk->x, (int32) walk->y);
	walk->x += walk->step;
	if (walk->x > walk->last_x)
	{
		walk->x = walk->first_x;
		walk->y += walk->step;
	}
	return true;
}

/* ---- children ------------------------------------------------------------ */

/* The next finer resolution whose cells fill a cell; an error at the finest. */
static Resolution
next_finer(Resolution resolution)
{
	for (Resolution r = resolution + 1; resolution_is_valid(r); r++)
	{
		if (resolution_divides(resolution, r))
			return r;
	}
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("a cell of resolution %s has no children", resolution_name(resolution)),
			 errhint("%s is the finest resolution that divides it.", resolution_name(resolution))));
}

static void
start_children(Walk *walk, Cell cell, Resolution resolution)
{
	CellParts	parts = cell_unpack(cell);

	if (!resolution_divides(parts.resolution, resolution))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a cell of resolution %s is not made of cells of resolution %s",
						resolution_name(parts.resolution), resolution_name(resolution)),
				 errhint("Children are of the same grid and finer, and their size divides the cell's.")));
	walk->resolution = resolution;
	if (RESOLUTION_GRID(resolution) == GRID_EUROPE)
	{
		walk->step = resolution_metres(resolution);
		walk->x = parts.x;
		walk->y = parts.y;
		walk->last_x = parts.x + resolution_metres(parts.resolution) - walk->step;
		walk->last_y = parts.y + resolution_metres(parts.resolution) - walk->step;
	}
	else
	{
		int			down = resolution - parts.resolution;

		walk->step = 1;
		walk->x = (int64) parts.x << down;
		walk->y = (int64) parts.y << down;
		walk->last_x = walk->x + ((int64) 1 << down) - 1;
		walk->last_y = walk->y + ((int64) 1 << down) - 1;
	}
	walk->first_x = walk->x;
}

/*
 * cell_children(cell [, resolution text]) returns setof cell
 *
 * The cells of a finer resolution that fill the cell, row by row; without a
 * resolution, the next finer one that divides the cell's.  The cell itself at
 * its own resolution.  invalid_parameter_value where the resolution is unknown,
 * coarser, of the other grid or does not divide; no rows for NULL.
 */
Datum
cell_children(PG_FUNCTION_ARGS)
{
	FuncCallContext *context;
	Cell		cell;

	if (SRF_IS_FIRSTCALL())
	{
		MemoryContext old;
		Cell		parent = PG_GETARG_CELL(0);
		Resolution	resolution = PG_NARGS() > 1 ? resolution_arg(PG_GETARG_TEXT_PP(1)) :
			next_finer(cell_resolution_of(parent));

		context = SRF_FIRSTCALL_INIT();
		old = MemoryContextSwitchTo(context->multi_call_memory_ctx);
		context->user_fctx = palloc0(sizeof(Walk));
		MemoryContextSwitchTo(old);
		start_children(context->user_fctx, parent, resolution);
	}
	context = SRF_PERCALL_SETUP();
	if (walk_next(context->user_fctx, &cell))
		SRF_RETURN_NEXT(context, CellGetDatum(cell));
	SRF_RETURN_DONE(context);
}

/* ---- neighbours ---------------------------------------------------------- */

typedef struct Neighbors
{
	int			count;
	Cell		cells[8];
} Neighbors;

static void
add_neighbor(Neighbors *neighbors, Cell cell, CellParts parts)
{
	Cell		neighbor;

	if (!cell_parts_are_valid(parts))
		return;
	neighbor = cell_pack(parts.resolution, parts.x, parts.y);
	/* Around a small world one comes back to the same tile, or to oneself. */
	if (neighbor == cell)
		return;
	for (int i = 0; i < neighbors->count; i++)
	{
		if (neighbors->cells[i] == neighbor)
			return;
	}
	neighbors->cells[neighbors->count++] = neighbor;
}

static void
find_neighbors(Neighbors *neighbors, Cell cell)
{
	CellParts	parts = cell_unpack(cell);
	bool		europe = RESOLUTION_GRID(parts.resolution) == GRID_EUROPE;
	int32		step = europe ? resolution_metres(parts.resolution) : 1;
	int32		around = europe ? 0 : (int32) 1 << RESOLUTION_LEVEL(parts.resolution);

	for (int dy = -1; dy <= 1; dy++)
	{
		for (int dx = -1; dx <= 1; dx++)
		{
			CellParts	next = {parts.resolution, parts.x + dx * step, parts.y + dy * step};

			/* The world is round from west to east. */
			if (!europe)
				next.x = (next.x + around) % around;
			add_neighbor(neighbors, cell, next);
		}
	}
}

/*
 * cell_neighbors(cell) returns setof cell
 *
 * The cells of the same resolution that share an edge or a corner: eight, fewer
 * at the border of the grid.  Tiles at 180 W and 180 E are neighbours.
 */
Datum
cell_neighbors(PG_FUNCTION_ARGS)
{
	FuncCallContext *context;
	Neighbors  *neighbors;
	Cell		next;

	if (SRF_IS_FIRSTCALL())
	{
		context = SRF_FIRSTCALL_INIT();
		context->user_fctx = MemoryContextAllocZero(context->multi_call_memory_ctx, sizeof(Neighbors));
		find_neighbors(context->user_fctx, PG_GETARG_CELL(0));
	}
	context = SRF_PERCALL_SETUP();
	neighbors = context->user_fctx;
	if (context->call_cntr < neighbors->count)
	{
		/* SRF_RETURN_NEXT counts before it evaluates */
		next = neighbors->cells[context->call_cntr];
		SRF_RETURN_NEXT(context, CellGetDatum(next));
	}
	SRF_RETURN_DONE(context);
}

/* ---- bounding boxes ------------------------------------------------------ */

static void
check_box(const CellBox *box)
{
	if (!isfinite(box->south) || !isfinite(box->north) || !isfinite(box->west) || !isfinite(box->east) ||
		box->south < -90 || box->north > 90 || box->west < -180 || box->east > 180)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("bounding box is not on the earth"),
				 errhint("Arguments are south, west, north and east in degrees: latitude, longitude, latitude, longitude.")));
	if (box->south > box->north || box->west > box->east)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("bounding box begins behind its end"),
				 errhint("South comes before north, west before east; cut a box that crosses 180 degrees in two.")));
}

static void
start_within(Walk *walk, CellBox box, Resolution resolution)
{
	CellParts	low,
				high;

	walk->resolution = resolution;
	walk->step = RESOLUTION_GRID(resolution) == GRID_EUROPE ? resolution_metres(resolution) : 1;
	if (!cell_box_clip(&box, resolution) || !cell_box_extent(&box, resolution, &low, &high))
	{
		walk->last_y = -1;		/* no row */
		return;
	}
	walk->box = box;
	walk->x = walk->first_x = low.x;
	walk->y = low.y;
	walk->last_x = high.x;
	walk->last_y = high.y;
}

/*
 * cells_within(min_latitude, min_longitude, max_latitude, max_longitude float8,
 *				resolution text) returns setof cell
 *
 * The cells that a bounding box touches, row by row: each position in the box is
 * in one of them.  What lies outside the grid is left out.  Errors:
 * numeric_value_out_of_range, invalid_parameter_value.
 */
Datum
cells_within(PG_FUNCTION_ARGS)
{
	FuncCallContext *context;
	Walk	   *walk;
	Cell		cell;

	if (SRF_IS_FIRSTCALL())
	{
		CellBox		box = {PG_GETARG_FLOAT8(0), PG_GETARG_FLOAT8(1), PG_GETARG_FLOAT8(2), PG_GETARG_FLOAT8(3)};
		Resolution	resolution = resolution_arg(PG_GETARG_TEXT_PP(4));

		check_box(&box);
		context = SRF_FIRSTCALL_INIT();
		context->user_fctx = MemoryContextAllocZero(context->multi_call_memory_ctx, sizeof(Walk));
		start_within(context->user_fctx, box, resolution);
	}
	context = SRF_PERCALL_SETUP();
	walk = context->user_fctx;
	while (walk_next(walk, &cell))
	{
		CHECK_FOR_INTERRUPTS();
		if (cell_touches_box(cell, &walk->box))
			SRF_RETURN_NEXT(context, CellGetDatum(cell));
	}
	SRF_RETURN_DONE(context);
}
