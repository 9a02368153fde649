/*
 * magnitude.h
 *		What may be said of amounts (minutes, metres, bytes) of a group: its sum,
 *		its average, its quantiles.  Pure algorithm, no Datum.
 *
 * Every subject has one contribution, the sum of its values cut at the bound.
 * All rules look at contributions, x1 >= x2 >= ... of n subjects, with the sum
 * X, and, since the bound is public, at what is missing to the bound as well,
 * y = bound - x, with the sum n * bound - X: who knows X and n knows that, too.
 *
 *		frequency	at least k subjects with x > 0, and k with y > 0
 *		p%			X - x1 - x2 >= p/100 x1; the same for y
 *		dominance	x1 + ... + xn <= share/100 X; the same for y
 *
 * The rules are those of official statistics (Handbook on Statistical
 * Disclosure Control, 4.2.1); applying them to y as well is ours.  Without that
 * kanon_sum(subject, 0 or 1, k, 1) would be a count of less than k subjects.
 *
 * A quantile is a person's value, so it is told from means of blocks: the
 * contributions in ascending order, cut into as many blocks of equal size as
 * have k subjects each.  A block's mean stands for its middle; quantiles lie on
 * the line through these points (pseudo percentiles, as statistical offices
 * have them, but over blocks that do not overlap: however many quantiles are
 * asked for, they tell no more than the means).
 */
#ifndef MAGNITUDE_H
#define MAGNITUDE_H

#include "kanon/subject_map.h"

/* So that no sum of contributions leaves bigint: 58.7 million subjects at most. */
#define MAGNITUDE_MAX_BOUND INT64CONST(100000000000)
#define MAGNITUDE_MAX_P 1000
#define MAGNITUDE_MAX_N 10
#define MAGNITUDE_DEFAULT_P 10
/* Quantiles need that many blocks: the mean is the only quantile of fewer. */
#define MAGNITUDE_MIN_BLOCKS 3
#define FRACTION_ONE 1000		/* fractions are in thousandths */

/* What the caller asks for, constant in a group. */
typedef struct MagnitudeRules
{
	int64		bound;
	int32		k;
	int32		p;				/* percent; 0: no p% rule */
	int32		n;				/* 0: no dominance rule */
	int32		share;			/* percent */
	int32		fraction;		/* thousandths; 0: no quantile */
} MagnitudeRules;

/* The largest of some amounts, and their sum. */
typedef struct Amounts
{
	uint64		sum;
	uint64		largest[MAGNITUDE_MAX_N];	/* descending, then zeros */
} Amounts;

typedef struct MagnitudeTotals
{
	uint64		subjects;
	uint64		contributing;	/* subjects with x > 0 */
	uint64		below_bound;	/* subjects with y > 0 */
	Amounts		x;
	Amounts		y;
} MagnitudeTotals;

typedef enum MagnitudeVerdict
{
	MAGNITUDE_SAFE,
	MAGNITUDE_FEW_SUBJECTS,
	MAGNITUDE_FEW_CONTRIBUTE,
	MAGNITUDE_FEW_BELOW_BOUND,
	MAGNITUDE_P_RULE,
	MAGNITUDE_DOMINANCE
} MagnitudeVerdict;

extern void magnitude_add_up(const SubjectMap *map, const MagnitudeRules *rules,
							 MagnitudeTotals *totals);
extern MagnitudeVerdict magnitude_judge(const MagnitudeTotals *totals,
										const MagnitudeRules *rules);
extern bool magnitude_quantile(const SubjectMap *map, const MagnitudeRules *rules,
							   uint64 *scratch, int64 *quantile);

/* The contribution after another value: saturates, so order does not matter. */
static inline uint64
magnitude_add(uint64 contribution, uint64 value, int64 bound)
{
	uint64		room = (uint64) bound - contribution;

	return contribution + Min(value, room);
}

#endif							/* MAGNITUDE_H */
