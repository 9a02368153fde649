/*
 * bucket.c
 *		Which bucket of a local clock contains a point in time.
 *
 * A bucket starts at the first instant at which the local clock shows its
 * boundary or a later time.  So buckets follow each other without gap or
 * overlap and their starts never go back, also where the clock does: an hour
 * that is passed twice belongs once to each of the buckets around it, or both
 * times to one; a boundary inside a skipped hour is the instant of the skip.
 */
#include "cell/bucket.h"

#include "common/int.h"

/* Boundaries are counted from 1 January 2001, 0:00 local time: a Monday. */
#define ORIGIN_LOCAL (INT64CONST(366) * USECS_PER_DAY)

/* No zone is farther from UTC. */
#define MAX_OFFSET (2 * USECS_PER_DAY)

/* No bucket is longer. */
#define MAX_LENGTH (INT64CONST(366) * USECS_PER_DAY)

#define UNIX_TO_POSTGRES_DAYS (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE)

static int64
floor_div(int64 a, int64 b)
{
	return a / b - (a % b < 0);
}

static pg_time_t
unix_seconds(TimestampTz at)
{
	return floor_div(at, USECS_PER_SEC) + (pg_time_t) UNIX_TO_POSTGRES_DAYS * SECS_PER_DAY;
}

static TimestampTz
from_unix_seconds(pg_time_t seconds)
{
	return (seconds - (pg_time_t) UNIX_TO_POSTGRES_DAYS * SECS_PER_DAY) * USECS_PER_SEC;
}

/* What the clock of the zone shows, in microseconds since 1 January 2000, 0:00. */
static int64
local_time(TimestampTz at, const pg_tz *zone)
{
	pg_time_t	seconds = unix_seconds(at);
	struct pg_tm *tm = pg_localtime(&seconds, zone);

	return at + (tm ? (int64) tm->tm_gmtoff * USECS_PER_SEC : 0);
}

/* The first instant at which the clock shows that time or a later one. */
static TimestampTz
first_instant(int64 local, const pg_tz *zone)
{
	pg_time_t	from = unix_seconds(local - MAX_OFFSET);

	for (;;)
	{
		long		before;
		long		after;
		int			isdst;
		pg_time_t	boundary;
		int			found = pg_next_dst_boundary(&from, &before, &isdst, &boundary, &after, &isdst, zone);
		TimestampTz hit = local - (found < 0 ? 0 : (int64) before * USECS_PER_SEC);

		if (found != 1 || hit < from_unix_seconds(boundary))
			return hit;
		if (from_unix_seconds(boundary) + (int64) after * USECS_PER_SEC >= local)
			return from_unix_seconds(boundary);
		from = boundary;
	}
}

const char *
bucket_length(const Interval *span, int64 *length, bool *absolute)
{
	int64		days;

	if (span->month != 0)
		return "Months and years are of different lengths; take days.";
	if (pg_mul_s64_overflow(span->day, USECS_PER_DAY, &days) ||
		pg_add_s64_overflow(days, span->time, length) || *length > MAX_LENGTH)
		return "The longest bucket is 366 days.";
	if (*length <= 0)
		return "A bucket is longer than nothing.";
	*absolute = *length <= USECS_PER_HOUR;
	if (*absolute ? *length % USECS_PER_SEC != 0 || USECS_PER_HOUR % *length != 0 :
		*length % USECS_PER_DAY != 0 &&
		(*length % USECS_PER_HOUR != 0 || USECS_PER_DAY % *length != 0))
		return "Take whole seconds that divide an hour (such as 15 minutes), whole hours that divide a day (1, 2, 3, 4, 6, 8 or 12), or whole days.";
	return NULL;
}

void
bucket_clock_init(BucketClock *clock, int64 length, bool absolute, pg_tz *zone)
{
	clock->length = length;
	clock->absolute = absolute;
	clock->zone = zone;
	clock->origin = absolute ? first_instant(ORIGIN_LOCAL, zone) : 0;
}

bool
bucket_of(const BucketClock *clock, TimestampTz at, TimestampTz *start, TimestampTz *end)
{
	int64		local;

	if (at < MIN_TIMESTAMP + 3 * MAX_LENGTH || at > END_TIMESTAMP - 3 * MAX_LENGTH)
		return false;
	if (clock->absolute)
	{
		*start = clock->origin + floor_div(at - clock->origin, clock->length) * clock->length;
		*end = *start + clock->length;
		return true;
	}
	local = ORIGIN_LOCAL +
		floor_div(local_time(at, clock->zone) - ORIGIN_LOCAL, clock->length) * clock->length;
	*start = first_instant(local, clock->zone);
	*end = first_instant(local + clock->length, clock->zone);
	/* Where the clock was set back across a boundary, the later side counts. */
	while (*end <= at)
	{
		local += clock->length;
		*start = *end;
		*end = first_instant(local + clock->length, clock->zone);
	}
	return true;
}
