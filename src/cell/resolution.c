/*
 * resolution.c
 *		Names and sizes of the resolutions of both grids.
 */
#include "cell.h"

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

static Resolution
parse_europe(const char *name, size_t len)
{
	int32_t		metres = 0;
	size_t		i = 0;

	while (i < len && i < 3 && name[i] >= '0' && name[i] <= '9')
		metres = metres * 10 + (name[i++] - '0');
	if (i + 2 == len && name[i] == 'k')
		metres *= 1000, i++;
	if (i + 1 != len || name[i] != 'm' || name[0] == '0')
		return RESOLUTION_INVALID;
	return resolution_from_metres(metres);
}

/*
 * The resolution of that name, exactly as written, or RESOLUTION_INVALID.  Called
 * for every row, so it compares no list of names.
 */
Resolution
resolution_parse(const char *name, size_t len)
{
	return len > 0 && name[0] == 'z' ? parse_world(name, len) : parse_europe(name, len);
}

/* The European resolution of that cell size, or RESOLUTION_INVALID. */
Resolution
resolution_from_metres(int32_t metres)
{
	switch (metres)
	{
		case 100000:
			return RESOLUTION_EUROPE;
		case 50000:
			return RESOLUTION_EUROPE + 1;
		case 20000:
			return RESOLUTION_EUROPE + 2;
		case 10000:
			return RESOLUTION_EUROPE + 3;
		case 5000:
			return RESOLUTION_EUROPE + 4;
		case 2000:
			return RESOLUTION_EUROPE + 5;
		case 1000:
			return RESOLUTION_EUROPE + 6;
		case 500:
			return RESOLUTION_EUROPE + 7;
		case 250:
			return RESOLUTION_EUROPE + 8;
		case 100:
			return RESOLUTION_EUROPE + 9;
		default:
			return RESOLUTION_INVALID;
	}
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
