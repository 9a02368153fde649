/*
 * distance.c
 *		How far cells are from each other.
 */
#include "mobility/distance.h"

#include <math.h>

#define RADIANS (M_PI / 180.0)

static CellPlace
unit_vector(Cell cell, double fraction_x, double fraction_y)
{
	CellPlace	place = {.cell = cell};
	double		latitude,
				longitude;

	cell_to_position(cell, fraction_x, fraction_y, &latitude, &longitude);
	latitude *= RADIANS;
	longitude *= RADIANS;
	place.x = cos(latitude) * cos(longitude);
	place.y = cos(latitude) * sin(longitude);
	place.z = sin(latitude);
	return place;
}

/* The straight line between two points of the unit sphere. */
static inline double
chord(const CellPlace *a, const CellPlace *b)
{
	double		x = a->x - b->x,
				y = a->y - b->y,
				z = a->z - b->z;

	return sqrt(x * x + y * y + z * z);
}

static inline double
arc_metres(double straight)
{
	return 2.0 * EARTH_RADIUS * asin(fmin(straight / 2.0, 1.0));
}

static CellPlace
place_of(Cell cell)
{
	CellPlace	place = unit_vector(cell, 0.5, 0.5);

	for (int corner = 0; corner < 4; corner++)
	{
		CellPlace	at = unit_vector(cell, corner & 1, corner >> 1);

		place.radius = fmax(place.radius, arc_metres(chord(&place, &at)));
	}
	return place;
}

/* By value: another cell may take its slot. */
static CellPlace
place_lookup(CellPlaces *places, Cell cell)
{
	CellPlace  *slot = &places->slot[cell * UINT64_C(0x9E3779B97F4A7C15) >> (64 - CELL_PLACES_BITS)];

	if (slot->cell != cell)
		*slot = place_of(cell);
	return *slot;
}

double
cell_distance_metres(Cell a, Cell b)
{
	CellPlace	from = unit_vector(a, 0.5, 0.5);
	CellPlace	to = unit_vector(b, 0.5, 0.5);

	return arc_metres(chord(&from, &to));
}

bool
cells_apart(CellPlaces *places, Cell a, Cell b, double metres)
{
	CellPlace	from,
				to;
	double		straight;

	/* nothing on earth is */
	if (metres >= M_PI * EARTH_RADIUS)
		return false;
	from = place_lookup(places, a);
	to = place_lookup(places, b);
	straight = chord(&from, &to);
	metres += from.radius + to.radius;
	/* an arc is at most half pi times its chord */
	return straight * (EARTH_RADIUS * M_PI / 2.0) >= metres && arc_metres(straight) >= metres;
}
