/*
 * resolution.c
 *		Names and sizes of the resolutions of both grids.
 */
#include "cell.h"

#include <string.h>

typedef struct EuropeLevel
{
	const char *name;
	int32_t		metres;
} EuropeLevel;

static const EuropeLevel europe[EUROPE_LEVELS] = {
	{"100km", 100000}, {"50km", 50000}, {"20km", 20000}, {"10km", 10000},
	{"5km", 5000}, {"2km", 2000}, {"1km", 1000}, {"500m", 500},
	{"250m", 250}, {"100m", 100},
};

static const char *const world[WORLD_LEVELS] = {
	"z0", "z1", "z2", "z3", "z4", "z5", "z6", "z7", "z8", "z9", "z10", "z11",
	"z12", "z13", "z14", "z15", "z16", "z17", "z18", "z19", "z20", "z21", "z22",
	"z23",
};

static Resolution
parse_world(const char *name, size_t len)
{
	int			level;

	if (len < 2 || len > 3 || name[1] < '0' || name[1] > '9')
		return RESOLUTION_INVALID;
	level = name[1] - '0';
	if (len == 3)
	{
		if (level == 0 || name[2] < '0' || name[2] > '9')
			return RESOLUTION_INVALID;
		level = level * 10 + (name[2] - '0');
	}
	return level < WORLD_LEVELS ? RESOLUTION_WORLD + level : RESOLUTION_INVALID;
}

/* The resolution of that name, exactly as written, or RESOLUTION_INVALID. */
Resolution
resolution_parse(const char *name, size_t len)
{
	if (len > 0 && name[0] == 'z')
		return parse_world(name, len);
	for (int level = 0; level < EUROPE_LEVELS; level++)
	{
		if (strlen(europe[level].name) == len &&
			memcmp(europe[level].name, name, len) == 0)
			return RESOLUTION_EUROPE + level;
	}
	return RESOLUTION_INVALID;
}

bool
resolution_is_valid(Resolution resolution)
{
	switch (RESOLUTION_GRID(resolution))
	{
		case GRID_EUROPE:
			return RESOLUTION_LEVEL(resolution) < EUROPE_LEVELS;
		case GRID_WORLD:
			return RESOLUTION_LEVEL(resolution) < WORLD_LEVELS;
		default:
			return false;
	}
}

const char *
resolution_name(Resolution resolution)
{
	if (RESOLUTION_GRID(resolution) == GRID_EUROPE)
		return europe[RESOLUTION_LEVEL(resolution)].name;
	return world[RESOLUTION_LEVEL(resolution)];
}

/* Edge length of a European cell. */
int32_t
resolution_metres(Resolution resolution)
{
	return europe[RESOLUTION_LEVEL(resolution)].metres;
}

/*
 * Whether every cell of the fine resolution lies in exactly one of the coarse
 * one.  A resolution divides itself; 2 km does not divide 5 km, nor 20 km 50 km.
 */
bool
resolution_divides(Resolution coarse, Resolution fine)
{
	if (RESOLUTION_GRID(coarse) != RESOLUTION_GRID(fine))
		return false;
	if (RESOLUTION_GRID(coarse) == GRID_WORLD)
		return coarse <= fine;
	return resolution_metres(coarse) % resolution_metres(fine) == 0;
}
