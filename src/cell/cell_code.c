/*
 * cell_code.c
 *		The bits of a cell, and its text forms.
 */
#include "cell.h"

#include <stdio.h>
#include <string.h>

/* ---- bits ---------------------------------------------------------------- */

#define AXIS_BITS		(CELL_PATH_BITS / 2)
#define EUROPE_SPARE	3		/* axis bits below the 50 m digit */
#define EUROPE_UNIT		50		/* metres; divides every cell size */

/* The digits within 100 km (of kilometres) and within 1 km (of 50 m units). */
#define KM_DIGITS(k)	((k) / 50 << 7 | (k) % 50 / 10 << 4 | (k) % 10 / 5 << 3 | ((k) % 5))
#define UNIT_DIGITS(u)	((u) / 10 << 4 | (u) % 10 / 2 << 1 | ((u) % 2))

/* Eight bits with a zero before each, and tables of them made by the compiler. */
#define SPREAD8(b) (((b) & 1) | ((b) & 2) << 1 | ((b) & 4) << 2 | ((b) & 8) << 3 | \
	((b) & 16) << 4 | ((b) & 32) << 5 | ((b) & 64) << 6 | ((b) & 128) << 7)
#define TEN(F, n) F((n)), F((n) + 1), F((n) + 2), F((n) + 3), F((n) + 4), \
	F((n) + 5), F((n) + 6), F((n) + 7), F((n) + 8), F((n) + 9)
#define KM_SPREAD(k)	SPREAD8(KM_DIGITS(k))
#define UNIT_SPREAD(u)	SPREAD8(UNIT_DIGITS(u))

static const uint16_t hundred_km_spread[80] = {
	TEN(SPREAD8, 0), TEN(SPREAD8, 10), TEN(SPREAD8, 20), TEN(SPREAD8, 30),
	TEN(SPREAD8, 40), TEN(SPREAD8, 50), TEN(SPREAD8, 60), TEN(SPREAD8, 70)
};
static const uint16_t km_spread[100] = {
	TEN(KM_SPREAD, 0), TEN(KM_SPREAD, 10), TEN(KM_SPREAD, 20), TEN(KM_SPREAD, 30),
	TEN(KM_SPREAD, 40), TEN(KM_SPREAD, 50), TEN(KM_SPREAD, 60), TEN(KM_SPREAD, 70),
	TEN(KM_SPREAD, 80), TEN(KM_SPREAD, 90)
};
static const uint16_t unit_spread[20] = {TEN(UNIT_SPREAD, 0), TEN(UNIT_SPREAD, 10)};

/* The digits of metres, 0 to 7999999, spread to every other bit of a path. */
static inline uint64_t
path_from_metres(uint32_t metres)
{
	uint32_t	hundred_km = metres / 100000;
	uint32_t	rest = metres - hundred_km * 100000;
	uint32_t	km = rest / 1000;
	uint32_t	unit = (rest - km * 1000) / EUROPE_UNIT;

	return ((uint64_t) hundred_km_spread[hundred_km] << 26 |
			(uint64_t) km_spread[km] << 10 | unit_spread[unit])
		<< 2 * EUROPE_SPARE;
}

/* The metres of an axis; whatever bits come in, no overflow. */
static inline int32_t
metres_from_axis(uint32_t axis)
{
	axis >>= EUROPE_SPARE;
	return (int32_t) ((axis >> 13) * 100000 +
					  (axis >> 12 & 1) * 50000 + (axis >> 9 & 7) * 10000 +
					  (axis >> 8 & 1) * 5000 + (axis >> 5 & 7) * 1000 +
					  (axis >> 4 & 1) * 500 + (axis >> 1 & 7) * 100 +
					  (axis & 1) * 50);
}

/* Bit i of the value becomes bit 2i. */
static inline uint64_t
spread(uint32_t value)
{
	uint64_t	v = value;

	v = (v | v << 16) & UINT64_C(0x0000FFFF0000FFFF);
	v = (v | v << 8) & UINT64_C(0x00FF00FF00FF00FF);
	v = (v | v << 4) & UINT64_C(0x0F0F0F0F0F0F0F0F);
	v = (v | v << 2) & UINT64_C(0x3333333333333333);
	v = (v | v << 1) & UINT64_C(0x5555555555555555);
	return v;
}

static inline uint32_t
gather(uint64_t v)
{
	v &= UINT64_C(0x5555555555555555);
	v = (v | v >> 1) & UINT64_C(0x3333333333333333);
	v = (v | v >> 2) & UINT64_C(0x0F0F0F0F0F0F0F0F);
	v = (v | v >> 4) & UINT64_C(0x00FF00FF00FF00FF);
	v = (v | v >> 8) & UINT64_C(0x0000FFFF0000FFFF);
	v = (v | v >> 16) & UINT64_C(0x00000000FFFFFFFF);
	return (uint32_t) v;
}

/*
 * Bits of an axis that a European level uses: down to its own size, or for sizes
 * outside the chain (20 km, 2 km, 250 m) all.
 */
static const uint8_t europe_axis_bits[EUROPE_LEVELS] = {7, 8, 0, 11, 12, 0, 15, 16, 0, 19};

/*
 * The European cell that holds a point, in metres.  In the chain the finer digits
 * are masked away; a division by a size known only at run time would cost more.
 */
Cell
cell_pack_metres(Resolution resolution, int32_t east, int32_t north)
{
	int			bits = europe_axis_bits[RESOLUTION_LEVEL(resolution)];
	uint64_t	path;

	if (bits == 0)
	{
		int32_t		size = resolution_metres(resolution);

		return cell_pack(resolution, east - east % size, north - north % size);
	}
	path = path_from_metres((uint32_t) north) << 1 | path_from_metres((uint32_t) east);
	path &= ~((UINT64_C(1) << 2 * (AXIS_BITS - bits)) - 1);
	return (Cell) GRID_EUROPE << CELL_GRID_SHIFT | path << CELL_PATH_SHIFT |
		(Cell) RESOLUTION_LEVEL(resolution);
}

/*
 * How many bits at the head of a path say in which cell of a resolution it is, or
 * -1 where no such number does (20 km, 2 km, 250 m).
 */
int
cell_path_bits(Resolution resolution)
{
	int			bits;

	if (RESOLUTION_GRID(resolution) == GRID_WORLD)
		return 2 * RESOLUTION_LEVEL(resolution);
	bits = europe_axis_bits[RESOLUTION_LEVEL(resolution)];
	return bits > 0 ? 2 * bits : -1;
}

/* The cell of a corner that is one; nothing is checked. */
Cell
cell_pack(Resolution resolution, int32_t x, int32_t y)
{
	uint64_t	path;

	if (RESOLUTION_GRID(resolution) == GRID_EUROPE)
		path = path_from_metres((uint32_t) y) << 1 | path_from_metres((uint32_t) x);
	else
	{
		int			shift = AXIS_BITS - RESOLUTION_LEVEL(resolution);

		path = spread((uint32_t) y << shift) << 1 | spread((uint32_t) x << shift);
	}
	return (Cell) RESOLUTION_GRID(resolution) << CELL_GRID_SHIFT | path << CELL_PATH_SHIFT |
		(Cell) RESOLUTION_LEVEL(resolution);
}

/* The parts of any 64 bits; whether they are a cell's, cell_is_valid tells. */
CellParts
cell_unpack(Cell cell)
{
	CellParts	parts;
	uint64_t	path = cell_path(cell);
	uint32_t	axis_x = gather(path);
	uint32_t	axis_y = gather(path >> 1);

	parts.resolution = cell_resolution_of(cell & ((UINT64_C(1) << 58) - 1));
	if (RESOLUTION_GRID(parts.resolution) == GRID_EUROPE)
	{
		parts.x = metres_from_axis(axis_x);
		parts.y = metres_from_axis(axis_y);
	}
	else
	{
		int			shift = AXIS_BITS - RESOLUTION_LEVEL(parts.resolution);

		if (shift < 0)
			shift = 0;
		parts.x = (int32_t) (axis_x >> shift);
		parts.y = (int32_t) (axis_y >> shift);
	}
	return parts;
}

/* Whether there is a cell with these parts. */
bool
cell_parts_are_valid(CellParts parts)
{
	if (!resolution_is_valid(parts.resolution))
		return false;
	if (RESOLUTION_GRID(parts.resolution) == GRID_EUROPE)
	{
		int32_t		size = resolution_metres(parts.resolution);

		return parts.x >= EUROPE_EAST_MIN && parts.x < EUROPE_EAST_MAX &&
			parts.y >= EUROPE_NORTH_MIN && parts.y < EUROPE_NORTH_MAX &&
			parts.x % size == 0 && parts.y % size == 0;
	}
	return parts.x >= 0 && parts.y >= 0 &&
		parts.x >> RESOLUTION_LEVEL(parts.resolution) == 0 &&
		parts.y >> RESOLUTION_LEVEL(parts.resolution) == 0;
}

/* Whether these 64 bits are a cell: what was packed gives itself again. */
bool
cell_is_valid(Cell cell)
{
	CellParts	parts = cell_unpack(cell);

	return cell_parts_are_valid(parts) &&
		cell_pack(parts.resolution, parts.x, parts.y) == cell;
}

/* ---- text ---------------------------------------------------------------- */

#define LONG_PREFIX "CRS3035RES"

/* The power of ten in a cell size: the zeros that a short code leaves out. */
static int32_t
power_of_ten_in(int32_t metres)
{
	int32_t		power = 1;

	while (metres % (power * 10) == 0)
		power *= 10;
	return power;
}

/*
 * Writes the text form: the short code of the European grid, north first, or
 * the quadkey; 'z0' for the whole world, whose quadkey is empty.
 */
int
cell_format(Cell cell, char buffer[CELL_TEXT_LEN])
{
	CellParts	parts = cell_unpack(cell);
	int			level = RESOLUTION_LEVEL(parts.resolution);

	if (RESOLUTION_GRID(parts.resolution) == GRID_EUROPE)
	{
		int32_t		unit = power_of_ten_in(resolution_metres(parts.resolution));

		return snprintf(buffer, CELL_TEXT_LEN, "%sN%dE%d",
						resolution_name(parts.resolution),
						(int) (parts.y / unit), (int) (parts.x / unit));
	}
	if (level == 0)
		return snprintf(buffer, CELL_TEXT_LEN, "z0");
	for (int i = 0; i < level; i++)
	{
		int			bit = level - 1 - i;

		buffer[i] = (char) ('0' + ((parts.y >> bit & 1) << 1 | (parts.x >> bit & 1)));
	}
	buffer[level] = '\0';
	return level;
}

/* What is left to read of a text. */
typedef struct Reader
{
	const char *text;
	size_t		len;
	size_t		at;
	CellParseError *error;
} Reader;

static bool
fail_at(Reader *reader, size_t at, const char *detail)
{
	reader->error->position = (int) at + 1;
	reader->error->detail = detail;
	return false;
}

static bool
read_char(Reader *reader, char c, const char *detail)
{
	if (reader->at >= reader->len || reader->text[reader->at] != c)
		return fail_at(reader, reader->at, detail);
	reader->at++;
	return true;
}

/* One to nine digits. */
static bool
read_number(Reader *reader, int32_t *number, const char *detail)
{
	size_t		from = reader->at;
	int32_t		n = 0;

	while (reader->at < reader->len && reader->text[reader->at] >= '0' &&
		   reader->text[reader->at] <= '9')
	{
		if (reader->at - from >= 9)
			return fail_at(reader, reader->at, "A number of at most nine digits was expected here.");
		n = n * 10 + (reader->text[reader->at++] - '0');
	}
	if (reader->at == from)
		return fail_at(reader, from, detail);
	*number = n;
	return true;
}

/* "N...E..." after a resolution; the numbers count units of so many metres. */
static bool
read_corner(Reader *reader, Resolution resolution, int32_t unit, Cell *cell)
{
	int32_t		numbers[2];		/* north, east */
	size_t		from[2];
	static const int32_t least[2] = {EUROPE_NORTH_MIN, EUROPE_EAST_MIN};
	static const int32_t limit[2] = {EUROPE_NORTH_MAX, EUROPE_EAST_MAX};

	if (!read_char(reader, 'N', "\"N\" was expected here, before the north of the cell's corner."))
		return false;
	from[0] = reader->at;
	if (!read_number(reader, &numbers[0], "A digit was expected here."))
		return false;
	if (!read_char(reader, 'E', "A digit or \"E\" was expected here."))
		return false;
	from[1] = reader->at;
	if (!read_number(reader, &numbers[1], "A digit was expected here."))
		return false;
	if (reader->at < reader->len)
		return fail_at(reader, reader->at, "A digit or the end was expected here.");
	for (int i = 0; i < 2; i++)
	{
		int64_t		metres = (int64_t) numbers[i] * unit;

		if (metres < least[i] || metres >= limit[i])
			return fail_at(reader, from[i], "The number that begins here is outside the European grid.");
		if (metres % resolution_metres(resolution) != 0)
			return fail_at(reader, from[i], "The number that begins here is not a multiple of the cell size.");
		numbers[i] = (int32_t) metres;
	}
	*cell = cell_pack(resolution, numbers[1], numbers[0]);
	return true;
}

/* CRS3035RES1000mN3265000E4334000: everything in metres. */
static bool
read_long_code(Reader *reader, Cell *cell)
{
	Resolution	resolution;
	int32_t		metres = 0;
	size_t		from = reader->at = strlen(LONG_PREFIX);

	if (!read_number(reader, &metres, "The cell size in metres was expected here."))
		return false;
	if (!read_char(reader, 'm', "A digit or \"m\" was expected here."))
		return false;
	resolution = resolution_from_metres(metres);
	if (resolution == RESOLUTION_INVALID)
		return fail_at(reader, from, "The number that begins here is not a cell size of the European grid.");
	return read_corner(reader, resolution, 1, cell);
}

/* 1kmN3265E4334: trailing zeros of the cell size are left out. */
static bool
read_short_code(Reader *reader, Cell *cell)
{
	Resolution	resolution;
	size_t		end = 0;

	while (end < reader->len && reader->text[end] != 'm')
		end++;
	if (end == reader->len)
		return fail_at(reader, reader->len, "\"N\" and \"E\" with their numbers are missing.");
	resolution = resolution_parse(reader->text, end + 1);
	if (resolution == RESOLUTION_INVALID)
		return fail_at(reader, 0, "What begins here is not a cell size of the European grid.");
	reader->at = end + 1;
	return read_corner(reader, resolution,
					   power_of_ten_in(resolution_metres(resolution)), cell);
}

/* A quadkey: one digit per level, 0 to 3. */
static bool
read_quadkey(Reader *reader, Cell *cell)
{
	int32_t		x = 0,
				y = 0;

	for (size_t i = 0; i < reader->len; i++)
	{
		int			digit = reader->text[i] - '0';

		if (digit < 0 || digit > 3)
			return fail_at(reader, i, "A digit from 0 to 3 was expected here.");
		if (i == WORLD_LEVELS - 1)
			return fail_at(reader, i, "A quadkey has at most 23 digits.");
		x = x << 1 | (digit & 1);
		y = y << 1 | digit >> 1;
	}
	*cell = cell_pack(RESOLUTION_WORLD + (int) reader->len, x, y);
	return true;
}

/* Reads any of the text forms; false with the reason where there is none. */
bool
cell_parse(const char *text, size_t len, Cell *cell, CellParseError *error)
{
	Reader		reader = {.text = text, .len = len, .error = error};
	size_t		digits = 0;

	if (len == 0)
		return fail_at(&reader, 0, "The text is empty.");
	if (len == 2 && memcmp(text, "z0", 2) == 0)
	{
		*cell = cell_pack(RESOLUTION_WORLD, 0, 0);
		return true;
	}
	if (len >= strlen(LONG_PREFIX) && memcmp(text, LONG_PREFIX, strlen(LONG_PREFIX)) == 0)
		return read_long_code(&reader, cell);
	while (digits < len && text[digits] >= '0' && text[digits] <= '9')
		digits++;
	if (digits > 0 && digits < len && (text[digits] == 'm' || text[digits] == 'k'))
		return read_short_code(&reader, cell);
	if (digits == 0)
		return fail_at(&reader, 0, "A cell size, \"CRS3035RES\" or a digit from 0 to 3 was expected here.");
	return read_quadkey(&reader, cell);
}
