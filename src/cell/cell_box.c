/*
 * cell_box.c
 *		Which cells a bounding box in degrees touches.
 *
 * On the quadtree that is a rectangle of tiles.  On the European grid the sides
 * of the box are curves: a cell is touched if one of its edges has a point in
 * the box, or the box lies in the cell altogether.  Along an edge, longitude
 * grows or falls all the way, and so does latitude on either side of 10 E,
 * so the stretch of an edge that is between two meridians (parallels) is found
 * by bisection.
 */
#include "cell.h"

#include <math.h>

#define CENTRAL_EAST 4321000.0	/* 10 E */

/* Cuts the box to what the grid covers; false when nothing is left. */
bool
cell_box_clip(CellBox *box, Resolution resolution)
{
	bool		europe = RESOLUTION_GRID(resolution) == GRID_EUROPE;

	box->south = fmax(box->south, europe ? LAEA_SOUTH : -MERCATOR_LIMIT);
	box->north = fmin(box->north, europe ? LAEA_NORTH : MERCATOR_LIMIT);
	box->west = fmax(box->west, europe ? LAEA_WEST : -180.0);
	box->east = fmin(box->east, europe ? LAEA_EAST : 180.0);
	return box->south <= box->north && box->west <= box->east;
}

#define SIDE_SAMPLES 256

/*
 * The corners of all cells that can be touched by the clipped box.  The sides
 * are sampled; between two samples (35 km at most) they bend by less than
 * 100 m, and one cell more on each side is taken in any case.
 */
static bool
europe_extent(const CellBox *box, Resolution resolution, CellParts *low, CellParts *high)
{
	double		east_min = INFINITY,
				east_max = -INFINITY,
				north_min = INFINITY,
				north_max = -INFINITY;
	int32_t		size = resolution_metres(resolution);
	double		margin = size + 100.0;

	for (int i = 0; i <= SIDE_SAMPLES; i++)
	{
		double		lat = box->south + (box->north - box->south) * i / SIDE_SAMPLES;
		double		lon = box->west + (box->east - box->west) * i / SIDE_SAMPLES;
		const double side[4][2] = {{lat, box->west}, {lat, box->east}, {box->south, lon}, {box->north, lon}};

		for (int j = 0; j < 4; j++)
		{
			double		east,
						north;

			laea_forward(side[j][0], side[j][1], &east, &north);
			east_min = fmin(east_min, east);
			east_max = fmax(east_max, east);
			north_min = fmin(north_min, north);
			north_max = fmax(north_max, north);
		}
	}
	east_min = fmax(east_min - margin, EUROPE_EAST_MIN);
	north_min = fmax(north_min - margin, EUROPE_NORTH_MIN);
	east_max = fmin(east_max + margin, EUROPE_EAST_MAX - size);
	north_max = fmin(north_max + margin, EUROPE_NORTH_MAX - size);
	if (east_max < east_min || north_max < north_min)
		return false;
	low->x = (int32_t) east_min / size * size;
	low->y = (int32_t) north_min / size * size;
	high->x = (int32_t) east_max / size * size;
	high->y = (int32_t) north_max / size * size;
	return true;
}

/* The first and the last row and column of cells to look at, for a clipped box. */
bool
cell_box_extent(const CellBox *box, Resolution resolution, CellParts *low, CellParts *high)
{
	Cell		north_west,
				south_east;

	low->resolution = high->resolution = resolution;
	if (RESOLUTION_GRID(resolution) == GRID_EUROPE)
		return europe_extent(box, resolution, low, high);
	if (cell_from_position(box->north, box->west, resolution, &north_west) != POSITION_OK ||
		cell_from_position(box->south, box->east, resolution, &south_east) != POSITION_OK)
		return false;
	*low = cell_unpack(north_west);
	*high = cell_unpack(south_east);
	return true;
}

/* A piece of an edge on which latitude and longitude are both monotone. */
typedef struct Piece
{
	double		from[2];		/* east, north */
	double		to[2];
} Piece;

static void
piece_point(const Piece *piece, double t, double degrees[2])
{
	laea_inverse(piece->from[0] + t * (piece->to[0] - piece->from[0]),
				 piece->from[1] + t * (piece->to[1] - piece->from[1]),
				 &degrees[0], &degrees[1]);
}

/* Where on the piece one coordinate (0 latitude, 1 longitude) passes a value. */
static double
piece_crossing(const Piece *piece, int which, double value, bool rising)
{
	double		low = 0.0,
				high = 1.0;

	for (int i = 0; i < 50; i++)
	{
		double		middle = (low + high) / 2,
					degrees[2];

		piece_point(piece, middle, degrees);
		if ((degrees[which] < value) == rising)
			low = middle;
		else
			high = middle;
	}
	return (low + high) / 2;
}

/* The stretch [from, to] of the piece where a coordinate is in its interval. */
static bool
piece_stretch(const Piece *piece, int which, double least, double most, double *from, double *to)
{
	double		start[2],
				end[2];
	bool		rising;

	piece_point(piece, 0.0, start);
	piece_point(piece, 1.0, end);
	rising = end[which] >= start[which];
	if (fmax(start[which], end[which]) < least || fmin(start[which], end[which]) > most)
		return false;
	*from = 0.0;
	*to = 1.0;
	if (fmin(start[which], end[which]) < least)
		*(rising ? from : to) = piece_crossing(piece, which, least, rising);
	if (fmax(start[which], end[which]) > most)
		*(rising ? to : from) = piece_crossing(piece, which, most, rising);
	return true;
}

static bool
piece_touches(const Piece *piece, const CellBox *box)
{
	double		lat_from,
				lat_to,
				lon_from,
				lon_to;

	return piece_stretch(piece, 0, box->south, box->north, &lat_from, &lat_to) &&
		piece_stretch(piece, 1, box->west, box->east, &lon_from, &lon_to) &&
		fmax(lat_from, lon_from) <= fmin(lat_to, lon_to) + 1e-9;
}

static bool
edge_touches(Piece edge, const CellBox *box)
{
	Piece		west = edge;

	if (fmin(edge.from[0], edge.to[0]) < CENTRAL_EAST && fmax(edge.from[0], edge.to[0]) > CENTRAL_EAST)
	{
		west.to[0] = edge.from[0] = CENTRAL_EAST;
		if (piece_touches(&west, box))
			return true;
	}
	return piece_touches(&edge, box);
}

static bool
position_in_box(double latitude, double longitude, const CellBox *box)
{
	return latitude >= box->south && latitude <= box->north &&
		longitude >= box->west && longitude <= box->east;
}

/* Whether the cell and the clipped box have a point in common. */
bool
cell_touches_box(Cell cell, const CellBox *box)
{
	static const int corners[5][2] = {{0, 0}, {1, 0}, {1, 1}, {0, 1}, {0, 0}};
	CellParts	parts = cell_unpack(cell);
	double		size,
				latitude,
				longitude;
	Cell		of_corner;

	if (RESOLUTION_GRID(parts.resolution) == GRID_WORLD)
		return true;			/* the extent is exact */
	size = resolution_metres(parts.resolution);
	cell_to_position(cell, 0.5, 0.5, &latitude, &longitude);
	if (position_in_box(latitude, longitude, box))
		return true;
	if (cell_from_position(box->south, box->west, parts.resolution, &of_corner) == POSITION_OK &&
		of_corner == cell)
		return true;
	for (int i = 0; i < 4; i++)
	{
		/* always from west to east, and from south to north */
		const int  *a = corners[i < 2 ? i : i + 1];
		const int  *b = corners[i < 2 ? i + 1 : i];
		Piece		edge = {{parts.x + a[0] * size, parts.y + a[1] * size},
		{parts.x + b[0] * size, parts.y + b[1] * size}};

		if (edge_touches(edge, box))
			return true;
	}
	return false;
}
