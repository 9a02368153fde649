/*
 * cell.h
 *		The cell: an area of one of two grids, in 64 bits.  Pure, no Datum.
 *
 *		bit   52..51   50 ......................... 5   4 ... 0
 *			| grid   | path: 2 x 23 bits, from above  | level |
 *
 * The path is the south-west (Europe) or north-west (world) corner of the cell,
 * written along each axis from coarse to fine, and both axes bit by bit in turns
 * (Morton).  Neighbours are near in the order, a cell stands before everything
 * inside it, and what is inside lies between cell and cell_last_inside(cell).
 * No value needs more than 53 bits, so a cell survives JSON as a number, and no
 * value is zero or negative.
 *
 * World grid: tile x and y of web maps, 23 binary digits each, level = zoom.
 *
 * European grid: metres east and north in EPSG:3035.  Along an axis the digits
 * are 100 km (7 bits), 50 km (1), 10 km (3), 5 km (1), 1 km (3), 500 m (1),
 * 100 m (3), 50 m (1): each size divides the one before, and each digit has
 * bits of its own, so that these cells, too, are prefixes.  250 m, 2 km and
 * 20 km are not in that chain: their corner is, and the level tells them apart.
 *
 * resolution.c knows names and sizes, laea.c and mercator.c the projections,
 * cell_code.c the bits and text forms, cell_grid.c positions and hierarchy,
 * cell_box.c which cells a bounding box touches.
 */
#ifndef MOBANON_CELL_H
#define MOBANON_CELL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint64_t Cell;

/* ---- resolution.c -------------------------------------------------------- */

/* A resolution is grid * 32 + level; levels grow from coarse to fine. */
typedef int Resolution;

#define GRID_EUROPE 1
#define GRID_WORLD	2

#define RESOLUTION_LEVEL_BITS 5
#define RESOLUTION_EUROPE	  (GRID_EUROPE << RESOLUTION_LEVEL_BITS)
#define RESOLUTION_WORLD	  (GRID_WORLD << RESOLUTION_LEVEL_BITS)
#define RESOLUTION_INVALID	  (-1)

#define EUROPE_LEVELS	10		/* 100km 50km 20km 10km 5km 2km 1km 500m 250m 100m */
#define WORLD_LEVELS	24		/* z0 to z23 */

#define RESOLUTION_EUROPE_FINEST (RESOLUTION_EUROPE + EUROPE_LEVELS - 1)
#define RESOLUTION_WORLD_FINEST	 (RESOLUTION_WORLD + WORLD_LEVELS - 1)

#define RESOLUTION_GRID(r)	((r) >> RESOLUTION_LEVEL_BITS)
#define RESOLUTION_LEVEL(r) ((r) & ((1 << RESOLUTION_LEVEL_BITS) - 1))

extern Resolution resolution_parse(const char *name, size_t len);
extern Resolution resolution_from_metres(int32_t metres);
extern bool resolution_is_valid(Resolution resolution);
extern const char *resolution_name(Resolution resolution);
extern int32_t resolution_metres(Resolution resolution);
extern bool resolution_divides(Resolution coarse, Resolution fine);

/* ---- laea.c -------------------------------------------------------------- */

/* Area of use of EPSG:3035, in degrees (EPSG registry). */
#define LAEA_SOUTH	24.6
#define LAEA_NORTH	84.73
#define LAEA_WEST	(-35.58)
#define LAEA_EAST	44.83

extern void laea_forward(double latitude, double longitude,
						 double *east, double *north);
extern double laea_zone_area(double south, double north, double degrees);
extern void laea_inverse(double east, double north,
						 double *latitude, double *longitude);

/* ---- mercator.c ---------------------------------------------------------- */

/* Where the square map of web tiles ends, north and south. */
#define MERCATOR_LIMIT 85.05112878

extern void mercator_forward(double latitude, double longitude,
							 double *x, double *y);
extern void mercator_inverse(double x, double y,
							 double *latitude, double *longitude);

/* ---- cell_code.c --------------------------------------------------------- */

/*
 * A cell taken apart.  Europe: metres east and north of its south-west corner.
 * World: tile column from the west, tile row from the north.
 */
typedef struct CellParts
{
	Resolution	resolution;
	int32_t		x;
	int32_t		y;
} CellParts;

/* The European grid holds cells within these metres, south-west included. */
#define EUROPE_EAST_MIN		0
#define EUROPE_EAST_MAX		8000000
#define EUROPE_NORTH_MIN	100000
#define EUROPE_NORTH_MAX	7000000

#define CELL_LEVEL_MASK UINT64_C(31)
#define CELL_PATH_SHIFT 5
#define CELL_PATH_BITS	46
#define CELL_GRID_SHIFT 51

#define CELL_TEXT_LEN	32		/* longest text form, and a NUL */

/* What was wrong with a text, for the message. */
typedef struct CellParseError
{
	int			position;		/* of the first byte that does not fit, from 1 */
	const char *detail;			/* a sentence */
} CellParseError;

static inline Resolution
cell_resolution_of(Cell cell)
{
	return (Resolution) (cell >> CELL_GRID_SHIFT << RESOLUTION_LEVEL_BITS |
						 (cell & CELL_LEVEL_MASK));
}

/* The path of a cell: a number that grows in the order of cells. */
static inline uint64_t
cell_path(Cell cell)
{
	return cell >> CELL_PATH_SHIFT & ((UINT64_C(1) << CELL_PATH_BITS) - 1);
}

extern int	cell_path_bits(Resolution resolution);
extern Cell cell_pack(Resolution resolution, int32_t x, int32_t y);
extern Cell cell_pack_metres(Resolution resolution, int32_t east, int32_t north);
extern CellParts cell_unpack(Cell cell);
extern bool cell_parts_are_valid(CellParts parts);
extern bool cell_is_valid(Cell cell);
extern int	cell_format(Cell cell, char buffer[CELL_TEXT_LEN]);
extern bool cell_parse(const char *text, size_t len, Cell *cell,
					   CellParseError *error);

/* ---- cell_grid.c --------------------------------------------------------- */

typedef enum PositionStatus
{
	POSITION_OK,
	POSITION_NOT_FINITE,		/* NaN or infinite */
	POSITION_BAD_LATITUDE,		/* beyond a pole */
	POSITION_BAD_LONGITUDE,		/* beyond 180 degrees */
	POSITION_OUTSIDE_GRID		/* on the earth, but not in this grid */
} PositionStatus;

extern PositionStatus cell_from_position(double latitude, double longitude,
										 Resolution resolution, Cell *cell);
extern bool cell_ancestor(Cell cell, Resolution resolution, Cell *ancestor);
extern bool cell_holds(Cell outer, Cell inner);
extern Cell cell_last_inside(Cell cell);
extern void cell_to_position(Cell cell, double fraction_x, double fraction_y,
							 double *latitude, double *longitude);

extern double cell_area(Cell cell);

/* ---- cell_box.c ---------------------------------------------------------- */

/* A bounding box in degrees. */
typedef struct CellBox
{
	double		south;
	double		west;
	double		north;
	double		east;
} CellBox;

extern bool cell_box_clip(CellBox *box, Resolution resolution);
extern bool cell_box_extent(const CellBox *box, Resolution resolution,
							CellParts *low, CellParts *high);
extern bool cell_touches_box(Cell cell, const CellBox *box);

#endif							/* MOBANON_CELL_H */
