/*
 * release.h
 *		The room of the exit: pipelines, buckets of time, publications.
 *
 *		bucket (bucket.c)   a period of a pipeline's clock: which one contains an event
 *		window (window.c)   the buckets that are closed and not yet published
 *		refresh (refresh.c) computing them, as the role that processes for the purpose
 *
 * Everything else is SQL: register.sql, pipeline.sql, publish.sql, audit.sql.
 */
#ifndef MOBANON_RELEASE_H
#define MOBANON_RELEASE_H

#include "mobanon.h"

#include "datatype/timestamp.h"
#include "pgtime.h"

/* The room's own SQLSTATEs: class MR. */
#define ERRCODE_NO_PIPELINE		MAKE_SQLSTATE('M', 'R', '0', '0', '1')

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

/* As bucket_of(), with an error for what cannot be. */
extern void bucket_around(const Interval *span, const char *zone, TimestampTz at,
						  TimestampTz *start, TimestampTz *end);

#endif							/* MOBANON_RELEASE_H */
