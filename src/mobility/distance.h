/*
 * distance.h
 *		How far cells are from each other.  Pure, no Datum.
 *
 * Great circles on a sphere with the earth's mean radius: within 0.6 % of the
 * ellipsoid.
 */
#ifndef MOBILITY_DISTANCE_H
#define MOBILITY_DISTANCE_H

#include "cell/cell.h"

/* Mean radius (2a + b) / 3 of GRS 80, in metres (Moritz 2000, table of derived constants). */
#define EARTH_RADIUS 6371008.7714

/* Where a cell is: its middle as a unit vector, and how far its corners are from that. */
typedef struct CellPlace
{
	Cell		cell;			/* 0: none */
	double		x;
	double		y;
	double		z;
	double		radius;			/* metres from the middle to the farthest corner */
} CellPlace;

/* Places found lately, so that a cell is looked up once while a subject moves about. */
#define CELL_PLACES_BITS 12
#define CELL_PLACES (1 << CELL_PLACES_BITS)

typedef struct CellPlaces
{
	CellPlace	slot[CELL_PLACES];
} CellPlaces;

/* Metres between the middles of two cells. */
extern double cell_distance_metres(Cell a, Cell b);

/*
 * Are two cells at least that many metres from each other, whatever points of
 * them one takes?
 */
extern bool cells_apart(CellPlaces *places, Cell a, Cell b, double metres);

#endif							/* MOBILITY_DISTANCE_H */
