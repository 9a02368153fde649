/*
 * cell_grid.c
 *		From positions to cells and back, and which cell lies in which.
 */
#include "cell.h"

#include <math.h>

/*
 * Coordinates are rounded to a micrometre (world: to 2^-45 of the map's side,
 * 1.1 micrometres) before they are floored: a position on an edge, such as
 * 52 N 10 E or any on 10 E, belongs to the cell north or east of it, however
 * the last bits fell.
 */
#define MICROMETRES		1e6
#define WORLD_SNAP_BITS 45

static PositionStatus
why_unusable(double latitude, double longitude)
{
	if (!isfinite(latitude) || !isfinite(longitude))
		return POSITION_NOT_FINITE;
	if (fabs(latitude) > 90.0)
		return POSITION_BAD_LATITUDE;
	if (fabs(longitude) > 180.0)
		return POSITION_BAD_LONGITUDE;
	return POSITION_OUTSIDE_GRID;
}

/* Whole metres below, after snapping; for what is not negative. */
static inline int32_t
snap_metres(double metres)
{
	return (int32_t) ((int64_t) (metres * MICROMETRES + 0.5) / 1000000);
}

static PositionStatus
europe_from_position(double latitude, double longitude,
					 Resolution resolution, Cell *cell)
{
	double		east,
				north;

	/* Written so that NaN fails it. */
	if (!(latitude >= LAEA_SOUTH && latitude <= LAEA_NORTH &&
		  longitude >= LAEA_WEST && longitude <= LAEA_EAST))
		return why_unusable(latitude, longitude);
	laea_forward(latitude, longitude, &east, &north);
	/* The area of use reaches 150 km further south-west than the grid. */
	if (east < EUROPE_EAST_MIN)
		return POSITION_OUTSIDE_GRID;
	*cell = cell_pack_metres(resolution, snap_metres(east), snap_metres(north));
	return POSITION_OK;
}

/* A fraction of the map's side as a tile number; both ends belong to the map. */
static inline int32_t
snap_tile(double fraction, int level)
{
	int64_t		last = ((int64_t) 1 << level) - 1;
	int64_t		tile = (int64_t) (fraction * (double) ((int64_t) 1 << WORLD_SNAP_BITS) + 0.5)
		>> (WORLD_SNAP_BITS - level);

	return (int32_t) (tile > last ? last : tile);
}

static PositionStatus
world_from_position(double latitude, double longitude,
					Resolution resolution, Cell *cell)
{
	double		x,
				y;
	int			level = RESOLUTION_LEVEL(resolution);

	if (!(fabs(latitude) <= MERCATOR_LIMIT && fabs(longitude) <= 180.0))
		return why_unusable(latitude, longitude);
	mercator_forward(latitude, longitude, &x, &y);
	if (y < 0.0)
		y = 0.0;
	*cell = cell_pack(resolution, snap_tile(x, level), snap_tile(y, level));
	return POSITION_OK;
}

/* The cell of a resolution that holds a position in degrees. */
PositionStatus
cell_from_position(double latitude, double longitude,
				   Resolution resolution, Cell *cell)
{
	if (RESOLUTION_GRID(resolution) == GRID_EUROPE)
		return europe_from_position(latitude, longitude, resolution, cell);
	return world_from_position(latitude, longitude, resolution, cell);
}

/* The cell of a coarser (or the same) resolution that holds the cell. */
bool
cell_ancestor(Cell cell, Resolution resolution, Cell *ancestor)
{
	CellParts	parts = cell_unpack(cell);

	if (!resolution_divides(resolution, parts.resolution))
		return false;
	if (RESOLUTION_GRID(resolution) == GRID_EUROPE)
		*ancestor = cell_pack_metres(resolution, parts.x, parts.y);
	else
	{
		int			up = parts.resolution - resolution;

		*ancestor = cell_pack(resolution, parts.x >> up, parts.y >> up);
	}
	return true;
}

/* Whether inner is outer or lies in it: outer is the ancestor of inner. */
bool
cell_holds(Cell outer, Cell inner)
{
	Cell		ancestor;

	return cell_ancestor(inner, cell_resolution_of(outer), &ancestor) &&
		ancestor == outer;
}

/*
 * The last cell, in the order of cells, that lies in the cell: its far corner at
 * the finest resolution.  Morton order grows with either axis, so everything
 * inside lies between; for sizes outside the chain other cells do, too.
 */
Cell
cell_last_inside(Cell cell)
{
	CellParts	parts = cell_unpack(cell);
	Resolution	finest = (RESOLUTION_GRID(parts.resolution) == GRID_EUROPE) ?
		RESOLUTION_EUROPE_FINEST : RESOLUTION_WORLD_FINEST;

	if (RESOLUTION_GRID(finest) == GRID_EUROPE)
	{
		int32_t		last = resolution_metres(parts.resolution) - resolution_metres(finest);

		/* nothing but itself is in a cell of 250 m */
		if (!resolution_divides(parts.resolution, finest))
			return cell;
		return cell_pack(finest, parts.x + last, parts.y + last);
	}
	else
	{
		int			down = finest - parts.resolution;

		return cell_pack(finest, ((parts.x + 1) << down) - 1, ((parts.y + 1) << down) - 1);
	}
}

/*
 * A point of the cell: 0 and 1 are its western and eastern edge (x), and the
 * southern and northern one (y), measured on the map.
 */
void
cell_to_position(Cell cell, double fraction_x, double fraction_y,
				 double *latitude, double *longitude)
{
	CellParts	parts = cell_unpack(cell);

	if (RESOLUTION_GRID(parts.resolution) == GRID_EUROPE)
	{
		int32_t		size = resolution_metres(parts.resolution);

		laea_inverse(parts.x + fraction_x * size, parts.y + fraction_y * size,
					 latitude, longitude);
	}
	else
	{
		double		side = (double) ((int64_t) 1 << RESOLUTION_LEVEL(parts.resolution));

		mercator_inverse((parts.x + fraction_x) / side,
						 (parts.y + 1 - fraction_y) / side,
						 latitude, longitude);
	}
}

/*
 * Square metres on the ellipsoid.  The European grid is true to area; tiles grow
 * smaller towards the poles.
 */
double
cell_area(Cell cell)
{
	CellParts	parts = cell_unpack(cell);
	double		south,
				west,
				north,
				east;

	if (RESOLUTION_GRID(parts.resolution) == GRID_EUROPE)
	{
		double		size = resolution_metres(parts.resolution);

		return size * size;
	}
	cell_to_position(cell, 0.0, 0.0, &south, &west);
	cell_to_position(cell, 1.0, 1.0, &north, &east);
	return laea_zone_area(south, north, east - west);
}
