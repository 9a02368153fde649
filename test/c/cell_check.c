/*
 * cell_check.c
 *		The pure C of src/cell on its own, under the sanitizers; TAP output.
 *
 *		cell_check points N            N random positions on the European grid, "lon lat"
 *		cell_check grid N              N random points of the grid, "east north"
 *		cell_check forward POINTS M    compares with PROJ: M has "east north" per position
 *		cell_check inverse GRID        our "lon lat" per point
 *		cell_check back GRID M         compares: M is what PROJ's forward made of those
 *		cell_check self N              round trips, hierarchy and malformed input, N of each
 */
#include "../../src/cell/cell.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int	tests;
static int	failures;

static void
ok(bool passed, const char *what, double figure)
{
	printf("%sok %d - %s (%.3g)\n", passed ? "" : "not ", ++tests, what, figure);
	failures += !passed;
}

/* SplitMix64: the same numbers on every run and machine. */
static uint64_t
next_random(void)
{
	static uint64_t state = 20261124;
	uint64_t	z = (state += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static double
between(double low, double high)
{
	return low + (high - low) * (double) (next_random() >> 11) / 9007199254740992.0;
}

static FILE *
open_or_die(const char *name)
{
	FILE	   *file = fopen(name, "r");

	if (!file)
	{
		perror(name);
		exit(2);
	}
	return file;
}

static void
points(long n)
{
	while (n-- > 0)
		printf("%.12f %.12f\n", between(LAEA_WEST, LAEA_EAST), between(LAEA_SOUTH, LAEA_NORTH));
}

static void
grid(long n)
{
	while (n-- > 0)
		printf("%.6f %.6f\n", between(EUROPE_EAST_MIN, EUROPE_EAST_MAX), between(EUROPE_NORTH_MIN, EUROPE_NORTH_MAX));
}

/* The cell that PROJ's coordinates are in, and how far they are from its edge. */
static Cell
cell_of_metres(double east, double north, Resolution resolution, double *to_edge)
{
	double		size = resolution_metres(resolution);
	double		x = floor(east / size) * size,
				y = floor(north / size) * size;

	*to_edge = fmin(fmin(east - x, x + size - east), fmin(north - y, y + size - north));
	return cell_pack(resolution, (int32_t) x, (int32_t) y);
}

static void
forward(const char *points_name, const char *metres_name)
{
	FILE	   *positions = open_or_die(points_name),
			   *metres = open_or_die(metres_name);
	double		lon,
				lat,
				east,
				north,
				worst = 0,
				worst_back = 0;
	long		n = 0,
				off_grid = 0,
				wrong = 0,
				near_edge = 0;

	while (fscanf(positions, "%lf %lf", &lon, &lat) == 2 && fscanf(metres, "%lf %lf", &east, &north) == 2)
	{
		double		e,
					m,
					back_lat,
					back_lon;

		n++;
		laea_forward(lat, lon, &e, &m);
		worst = fmax(worst, hypot(e - east, m - north));
		laea_inverse(e, m, &back_lat, &back_lon);
		laea_forward(back_lat, back_lon, &back_lon, &back_lat);
		worst_back = fmax(worst_back, hypot(back_lon - e, back_lat - m));
		for (int level = 0; level < EUROPE_LEVELS; level++)
		{
			Resolution	resolution = RESOLUTION_EUROPE + level;
			double		to_edge;
			Cell		cell,
						expected;

			if (cell_from_position(lat, lon, resolution, &cell) != POSITION_OK)
			{
				off_grid += east >= EUROPE_EAST_MIN;
				continue;
			}
			expected = cell_of_metres(east, north, resolution, &to_edge);
			if (cell != expected)
			{
				near_edge += to_edge <= 0.001;
				wrong += to_edge > 0.001;
			}
		}
	}
	ok(n > 0, "positions compared with PROJ", n);
	ok(worst <= 0.001, "forward within 1 mm of PROJ; worst distance in metres", worst);
	ok(wrong == 0, "the same cell as PROJ's coordinates, in 10 resolutions; exceptions", wrong);
	ok(off_grid == 0, "every position with east >= 0 is on the grid; exceptions", off_grid);
	ok(worst_back <= 0.001, "forward after inverse within 1 mm; worst distance in metres", worst_back);
	printf("# %ld cells differ within 1 mm of an edge\n", near_edge);
	fclose(positions);
	fclose(metres);
}

static void
inverse(const char *grid_name)
{
	FILE	   *metres = open_or_die(grid_name);
	double		east,
				north,
				latitude,
				longitude;

	while (fscanf(metres, "%lf %lf", &east, &north) == 2)
	{
		laea_inverse(east, north, &latitude, &longitude);
		printf("%.13f %.13f\n", longitude, latitude);
	}
	fclose(metres);
}

/*
 * PROJ's forward of our inverse is where we started.  (The inverse of PROJ 9.1
 * is no measure: it is off by up to 1.6 mm, as its own forward shows.)
 */
static void
back(const char *grid_name, const char *metres_name)
{
	FILE	   *grid_points = open_or_die(grid_name),
			   *metres = open_or_die(metres_name);
	double		east,
				north,
				e,
				m,
				worst = 0;
	long		n = 0;

	while (fscanf(grid_points, "%lf %lf", &east, &north) == 2 && fscanf(metres, "%lf %lf", &e, &m) == 2)
	{
		n++;
		worst = fmax(worst, hypot(e - east, m - north));
	}
	ok(n > 0, "grid points compared with PROJ", n);
	ok(worst <= 0.001, "PROJ's forward of our inverse within 1 mm; worst distance in metres", worst);
	fclose(grid_points);
	fclose(metres);
}

/* A cell of that resolution, any of them. */
static Cell
random_cell(Resolution resolution)
{
	if (RESOLUTION_GRID(resolution) == GRID_EUROPE)
	{
		int32_t		size = resolution_metres(resolution);

		return cell_pack(resolution,
						 (int32_t) between(EUROPE_EAST_MIN, EUROPE_EAST_MAX) / size * size,
						 (int32_t) between(EUROPE_NORTH_MIN, EUROPE_NORTH_MAX) / size * size);
	}
	return cell_pack(resolution,
					 (int32_t) (next_random() & ((UINT64_C(1) << RESOLUTION_LEVEL(resolution)) - 1)),
					 (int32_t) (next_random() & ((UINT64_C(1) << RESOLUTION_LEVEL(resolution)) - 1)));
}

static long
check_round_trip(Cell cell)
{
	char		text[CELL_TEXT_LEN],
				longer[64];
	int			len = cell_format(cell, text);
	CellParts	parts = cell_unpack(cell);
	CellParseError error;
	Cell		back = 0;
	long		bad = 0;

	bad += !cell_is_valid(cell) || cell >= UINT64_C(1) << 53;
	bad += len != (int) strlen(text) || len >= CELL_TEXT_LEN;
	bad += !cell_parse(text, (size_t) len, &back, &error) || back != cell;
	bad += cell_pack(parts.resolution, parts.x, parts.y) != cell;
	if (RESOLUTION_GRID(parts.resolution) == GRID_EUROPE)
	{
		len = snprintf(longer, sizeof(longer), "CRS3035RES%dmN%dE%d", resolution_metres(parts.resolution), parts.y, parts.x);
		bad += !cell_parse(longer, (size_t) len, &back, &error) || back != cell;
	}
	return bad;
}

/* The middle of the cell is in it, and in each ancestor, and in no neighbour's range. */
static long
check_family(Cell cell)
{
	Resolution	resolution = cell_resolution_of(cell);
	Resolution	first = RESOLUTION_GRID(resolution) << RESOLUTION_LEVEL_BITS;
	double		latitude,
				longitude;
	long		bad = 0;

	cell_to_position(cell, 0.5, 0.5, &latitude, &longitude);
	for (Resolution coarse = first; coarse <= resolution; coarse++)
	{
		Cell		ancestor,
					direct;

		if (!cell_ancestor(cell, coarse, &ancestor))
		{
			bad += resolution_divides(coarse, resolution);
			continue;
		}
		bad += !cell_is_valid(ancestor);
		bad += !cell_holds(ancestor, cell) || (ancestor != cell && cell_holds(cell, ancestor));
		bad += cell < ancestor || cell > cell_last_inside(ancestor) || !cell_is_valid(cell_last_inside(ancestor)) || !cell_holds(ancestor, cell_last_inside(ancestor));
		/* outside its area of use the grid has cells, but takes no positions */
		if (cell_from_position(latitude, longitude, coarse, &direct) == POSITION_OK)
			bad += direct != ancestor;
	}
	return bad;
}

/* On the quadtree the range of a cell holds what is in it and nothing else. */
static long
check_range(Cell outer, Cell inner)
{
	bool		in_range = inner >= outer && inner <= cell_last_inside(outer);
	bool		exact = RESOLUTION_GRID(cell_resolution_of(outer)) == GRID_WORLD;

	return exact ? in_range != cell_holds(outer, inner) : !in_range && cell_holds(outer, inner);
}

/* Text made by damaging a good one: refused with a position in it, or read as what it says. */
static long
check_damaged(Cell cell)
{
	static const char alphabet[] = "0123456789NEkmzCRS. -\xc3\xa9";
	char		good[CELL_TEXT_LEN],
				text[CELL_TEXT_LEN],
				again[CELL_TEXT_LEN];
	int			len = cell_format(cell, good);
	char	   *exact;
	CellParseError error;
	Cell		back;
	long		bad = 0;

	memcpy(text, good, sizeof(text));
	for (int hits = (int) (next_random() % 3) + 1; hits > 0; hits--)
		text[next_random() % (uint64_t) len] = alphabet[next_random() % (sizeof(alphabet) - 1)];
	len = (int) (next_random() % (uint64_t) (len + 1));
	/* in memory of exactly this length, so that a byte too far is seen */
	exact = malloc((size_t) len + 1);
	memcpy(exact, text, (size_t) len);
	exact = realloc(exact, len ? (size_t) len : 1);
	if (cell_parse(exact, (size_t) len, &back, &error))
	{
		bad += !cell_is_valid(back);
		cell_format(back, again);
		bad += !cell_parse(again, strlen(again), &back, &error);
	}
	else
		bad += error.position < 1 || error.position > len + 1 || error.detail == NULL;
	free(exact);
	return bad;
}

/* Any 64 bits: taken apart without harm; those that pass the check are cells. */
static long
check_bits(uint64_t bits)
{
	(void) cell_unpack(bits);
	return cell_is_valid(bits) ? check_round_trip(bits) : 0;
}

static long
check_position(double latitude, double longitude)
{
	long		bad = 0;

	for (Resolution r = RESOLUTION_EUROPE; r < RESOLUTION_WORLD + WORLD_LEVELS; r++)
	{
		Cell		cell;

		if (resolution_is_valid(r) && cell_from_position(latitude, longitude, r, &cell) == POSITION_OK)
			bad += !cell_is_valid(cell);
	}
	return bad;
}

static void
self(long n)
{
	long		bad[6] = {0};
	static const double odd[] = {0, -0.0, 1e-320, 24.6, 52, 84.73, 85.05112878, 90, 91, 180, -180, 1e308, -1e308, NAN, INFINITY, -INFINITY, -35.58, 44.83, 10};

	for (long i = 0; i < n; i++)
	{
		Resolution	resolution = i % 34 < 10 ? RESOLUTION_EUROPE + (int) (i % 34) : RESOLUTION_WORLD + (int) (i % 34) - 10;
		Cell		cell = random_cell(resolution);
		Cell		other = random_cell(RESOLUTION_GRID(resolution) << RESOLUTION_LEVEL_BITS | (int) (next_random() % (uint64_t) (RESOLUTION_LEVEL(resolution) + 1)));

		bad[0] += check_round_trip(cell);
		bad[1] += check_family(cell);
		bad[2] += check_range(other, cell);
		bad[3] += check_damaged(cell);
		bad[4] += check_bits(next_random()) + check_bits(cell ^ UINT64_C(1) << (next_random() & 63));
		bad[5] += i % 34 ? 0 : check_position(between(-100, 100), between(-200, 200));
	}
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
		for (size_t j = 0; j < sizeof(odd) / sizeof(odd[0]); j++)
			bad[5] += check_position(odd[i], odd[j]);
	ok(bad[0] == 0, "text and bits of random cells of every resolution come back; exceptions", bad[0]);
	ok(bad[1] == 0, "centres and ancestors of random cells; exceptions", bad[1]);
	ok(bad[2] == 0, "ranges of cells hold what is in them; exceptions", bad[2]);
	ok(bad[3] == 0, "damaged text is refused, or read as what it says; exceptions", bad[3]);
	ok(bad[4] == 0, "any bits are a cell or refused; exceptions", bad[4]);
	ok(bad[5] == 0, "any position is in a cell or refused; exceptions", bad[5]);
}

int
main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "points") == 0)
		points(atol(argv[2]));
	else if (argc == 3 && strcmp(argv[1], "grid") == 0)
		grid(atol(argv[2]));
	else if (argc == 4 && strcmp(argv[1], "forward") == 0)
		forward(argv[2], argv[3]);
	else if (argc == 3 && strcmp(argv[1], "inverse") == 0)
		inverse(argv[2]);
	else if (argc == 4 && strcmp(argv[1], "back") == 0)
		back(argv[2], argv[3]);
	else if (argc == 3 && strcmp(argv[1], "self") == 0)
		self(atol(argv[2]));
	else
	{
		fprintf(stderr, "usage: cell_check points N | grid N | forward POINTS METRES | inverse GRID | back GRID METRES | self N\n");
		return 2;
	}
	if (tests > 0)
		printf("1..%d\n", tests);
	return failures > 0;
}
