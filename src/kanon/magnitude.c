/*
 * magnitude.c
 *		The rules for magnitudes, and the arithmetic of quantiles: see magnitude.h.
 *
 * Integers only.  A sum is below 2^63, a contribution below 2^37, so nothing
 * here overflows 64 bits; where it might, that is said.
 */
#include "kanon/magnitude.h"

#include "miscadmin.h"

/* Many contributions are equal (0, the bound, whole hours), which this sort likes. */
#define ST_SORT sort_contributions
#define ST_ELEMENT_TYPE uint64
#define ST_COMPARE(a, b) (*(a) < *(b) ? -1 : *(a) > *(b))
#define ST_SCOPE static
#define ST_CHECK_FOR_INTERRUPTS
#define ST_DEFINE
#include "lib/sort_template.h"

#define POLL_EVERY 65536

/* Means are kept in thousandths between the steps of a quantile. */
#define MEAN_ONE 1000

/* ---- rules ---------------------------------------------------------------- */

/* Counts one amount in; of the largest only n are kept. */
static inline void
add_amount(Amounts *amounts, uint64 amount, int n)
{
	int			i;

	amounts->sum += amount;
	if (amount <= amounts->largest[n - 1])
		return;
	for (i = n - 1; i > 0 && amounts->largest[i - 1] < amount; i--)
		amounts->largest[i] = amounts->largest[i - 1];
	amounts->largest[i] = amount;
}

/* How many of the largest amounts the rules look at. */
static int
largest_needed(const MagnitudeRules *rules)
{
	return Max(rules->n, 2);
}

/* X - x1 - x2 < p/100 x1: who knows x2 knows x1 within p percent. */
static bool
p_rule_unsafe(const Amounts *amounts, int32 p)
{
	uint64		rest = amounts->sum - amounts->largest[0] - amounts->largest[1];

	return rest < (amounts->largest[0] * (uint64) p + 99) / 100;
}

/* x1 + ... + xn > share/100 X */
static bool
dominance_unsafe(const Amounts *amounts, int32 n, int32 share)
{
	uint64		largest = 0;

	for (int i = 0; i < n; i++)
		largest += amounts->largest[i];
	/* largest * 100 < 2^48, so a sum above that is safe whatever the share. */
	if (amounts->sum > UINT64CONST(1) << 56)
		return false;
	return largest * 100 > amounts->sum * (uint64) share;
}

static MagnitudeVerdict
judge_amounts(const Amounts *amounts, const MagnitudeRules *rules)
{
	if (rules->p > 0 && p_rule_unsafe(amounts, rules->p))
		return MAGNITUDE_P_RULE;
	if (rules->n > 0 && dominance_unsafe(amounts, rules->n, rules->share))
		return MAGNITUDE_DOMINANCE;
	return MAGNITUDE_SAFE;
}

/* What the rules ask of all contributions. */
void
magnitude_add_up(const SubjectMap *map, const MagnitudeRules *rules,
				 MagnitudeTotals *totals)
{
	uint64		bound = (uint64) rules->bound;
	int			n = largest_needed(rules);
	SubjectMapEntry entry = {0};

	memset(totals, 0, sizeof(*totals));
	while (subject_map_next(map, &entry))
	{
		if (entry.position % POLL_EVERY == 0)
			CHECK_FOR_INTERRUPTS();
		totals->contributing += entry.word > 0;
		totals->below_bound += entry.word < bound;
		add_amount(&totals->x, entry.word, n);
		add_amount(&totals->y, bound - entry.word, n);
	}
	totals->subjects = subject_map_count(map);
}

/* May sum and average be told? */
MagnitudeVerdict
magnitude_judge(const MagnitudeTotals *totals, const MagnitudeRules *rules)
{
	uint64		k = (uint64) rules->k;
	MagnitudeVerdict verdict;

	if (totals->subjects < k)
		return MAGNITUDE_FEW_SUBJECTS;
	if (totals->contributing < k)
		return MAGNITUDE_FEW_CONTRIBUTE;
	if (totals->below_bound < k)
		return MAGNITUDE_FEW_BELOW_BOUND;
	verdict = judge_amounts(&totals->x, rules);
	if (verdict != MAGNITUDE_SAFE)
		return verdict;
	return judge_amounts(&totals->y, rules);
}

/* ---- quantiles ------------------------------------------------------------ */

/* Contributions in ascending order, in blocks of equal size, give or take one. */
typedef struct Blocks
{
	const uint64 *sorted;
	uint64		subjects;
	uint64		n;
} Blocks;

static inline uint64
block_start(const Blocks *blocks, uint64 block)
{
	return block * blocks->subjects / blocks->n;
}

/* The mean of a block in thousandths, rounded down. */
static uint64
block_mean(const Blocks *blocks, uint64 block)
{
	uint64		start = block_start(blocks, block);
	uint64		end = block_start(blocks, block + 1);
	uint64		size = end - start;
	uint64		sum = 0;

	for (uint64 rank = start; rank < end; rank++)
		sum += blocks->sorted[rank];
	return sum / size * MEAN_ONE + sum % size * MEAN_ONE / size;
}

static uint64
whole(uint64 thousandths)
{
	return (thousandths + MEAN_ONE / 2) / MEAN_ONE;
}

/*
 * Only the outermost blocks lack a neighbour that bounds their values, so only
 * there may one subject show: upwards in the last, downwards in the first.
 */
static bool
outer_blocks_safe(const Blocks *blocks, const MagnitudeRules *rules)
{
	int			n = largest_needed(rules);
	uint64		bound = (uint64) rules->bound;
	Amounts		top = {0};
	Amounts		bottom = {0};

	for (uint64 rank = block_start(blocks, blocks->n - 1); rank < blocks->subjects; rank++)
		add_amount(&top, blocks->sorted[rank], n);
	for (uint64 rank = 0; rank < block_start(blocks, 1); rank++)
		add_amount(&bottom, bound - blocks->sorted[rank], n);
	return judge_amounts(&top, rules) == MAGNITUDE_SAFE &&
		judge_amounts(&bottom, rules) == MAGNITUDE_SAFE;
}

/* On the line through the blocks' middles; false: beyond the outermost. */
static bool
interpolate(const Blocks *blocks, int32 fraction, int64 *quantile)
{
	const int64 step = 2 * FRACTION_ONE;	/* from one middle to the next */
	int64		at = 2 * (int64) fraction * (int64) blocks->n - FRACTION_ONE;
	uint64		block = (uint64) (at / step);
	uint64		beyond = (uint64) (at % step);
	uint64		mean;

	if (at < 0 || at > step * ((int64) blocks->n - 1))
		return false;
	/* 2^37 * 1000 * 2000 is below 2^58 */
	mean = block_mean(blocks, block) * (step - beyond);
	if (beyond > 0)
		mean += block_mean(blocks, block + 1) * beyond;
	*quantile = (int64) ((mean + MEAN_ONE * step / 2) / (MEAN_ONE * step));
	return true;
}

/*
 * The quantile of contributions at rules->fraction; false: it may not be told.
 * scratch has room for all subjects.  All quantiles of a group are withheld
 * together, but for those that are too far out.
 */
bool
magnitude_quantile(const SubjectMap *map, const MagnitudeRules *rules,
				   uint64 *scratch, int64 *quantile)
{
	Blocks		blocks = {scratch, subject_map_count(map), 0};
	SubjectMapEntry entry = {0};
	uint64		i = 0;

	blocks.n = blocks.subjects / (uint64) rules->k;
	if (blocks.n < MAGNITUDE_MIN_BLOCKS)
		return false;
	while (subject_map_next(map, &entry))
		scratch[i++] = entry.word;
	sort_contributions(scratch, blocks.subjects);
	if (!outer_blocks_safe(&blocks, rules))
		return false;
	/* If all quantiles were one number it would be everybody's. */
	if (whole(block_mean(&blocks, 0)) == whole(block_mean(&blocks, blocks.n - 1)))
		return false;
	return interpolate(&blocks, rules->fraction, quantile);
}
