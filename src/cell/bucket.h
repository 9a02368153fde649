/*
 * bucket.h
 *		The buckets of a local clock: the other half of stage 2's coarsening.
 */
#ifndef MOBANON_BUCKET_H
#define MOBANON_BUCKET_H

#include "mobanon.h"

#include "datatype/timestamp.h"
#include "pgtime.h"

/* ---- bucket.c: no Datum --------------------------------------------------- */

/*
 * Buckets of one length on the clock of one time zone.  Those that divide an
 * hour are counted on absolute time; longer ones on the local clock, so that a
 * day is a day of 23, 24 or 25 hours.
 */
typedef struct BucketClock
{
	int64		length;			/* microseconds */
	bool		absolute;
	pg_tz	   *zone;
	TimestampTz origin;			/* of absolute buckets */
} BucketClock;

/* Why an interval is no length of a bucket, or NULL when it is one. */
extern const char *bucket_length(const Interval *span, int64 *length, bool *absolute);
extern void bucket_clock_init(BucketClock *clock, int64 length, bool absolute, pg_tz *zone);

/* False when the time is too near the ends of what a timestamp can be. */
extern bool bucket_of(const BucketClock *clock, TimestampTz at, TimestampTz *start, TimestampTz *end);

/* ---- bucket_sql.c --------------------------------------------------------- */

/* As bucket_clock_init() and bucket_of(), with errors for what cannot be. */
extern void bucket_clock_for(BucketClock *clock, const Interval *span, const char *zone);
extern void bucket_find(const BucketClock *clock, TimestampTz at,
						TimestampTz *start, TimestampTz *end);
extern void bucket_around(const Interval *span, const char *zone, TimestampTz at,
						  TimestampTz *start, TimestampTz *end);

#endif							/* MOBANON_BUCKET_H */
