/*
 * consent_set.h
 *		Subjects and the times of their consent, in memory: open addressing.
 *
 * A subject that is a number of up to 18 digits (every E.164 number is) is its
 * own key, so that nothing is ever mistaken for it; others are found by a hash
 * and compared byte by byte.  Nearly every subject has one span without end,
 * which fits into its slot:
 *
 *		| number + 1, or top bit and hash | from, or reference into the arena |
 *
 * A value between DT_NOBEGIN and MIN_TIMESTAMP is no time and therefore a
 * reference, to a record of the arena (number of spans, length of the key,
 * spans, key).  16 bytes per slot, at most three of four slots in use.  A set
 * that is complete may have pages (consent_pages.h), a denser form of most of it.
 *
 * What a scan of events runs through for every row is inline here.
 */
#ifndef MOBANON_CONSENT_SET_H
#define MOBANON_CONSENT_SET_H

#include "consent.h"

#include "port/pg_bswap.h"

/* When a subject's events may be read. */
typedef struct ConsentTimes
{
	int			n;
	const Span *spans;			/* the last one is the one in force */
	Span		only;			/* where n = 1 needs no array */
	Span		pair[2];		/* an array for n = 2 */
} ConsentTimes;

typedef struct ConsentSlot
{
	uint64		key;			/* 0: free */
	int64		value;
} ConsentSlot;

#define CONSENT_NEVER DT_NOEND	/* a slot's value: no consent */
#define CONSENT_STRING_BIT (UINT64CONST(1) << 63)	/* of a key: it is a hash */

typedef struct ConsentPages ConsentPages;

/* Position-independent but for the pointers here. */
typedef struct ConsentSet
{
	MemoryContext context;
	uint64		capacity;
	uint64		used;
	ConsentSlot *slots;
	uint64		arena_size;
	uint64		arena_used;
	char	   *arena;
	ConsentPages *pages;		/* NULL: none */
} ConsentSet;

/* A subject as the set sees it: a number where it is one, else its bytes. */
typedef struct ConsentKey
{
	uint64		key;
	const char *bytes;			/* NULL for a number */
	int			len;
} ConsentKey;

extern uint64 consent_set_capacity_for(uint64 subjects);
extern void consent_set_init(ConsentSet *set, MemoryContext context, uint64 expected);
extern void consent_set_put(ConsentSet *set, ConsentKey key, const History *history, bool earlier, TimestampTz now);
extern const ConsentSlot *consent_set_find_bytes(const ConsentSet *set, ConsentKey key);
extern void consent_set_times(const ConsentSet *set, const ConsentSlot *slot, ConsentTimes *times);
extern void consent_set_copy_slots(const ConsentSet *set, ConsentSlot *slots, uint64 capacity);
extern void consent_times_of(const History *history, bool earlier, TimestampTz now, ConsentTimes *times);
extern bool consent_times_allow(const ConsentTimes *times, TimestampTz then, TimestampTz now);
extern ConsentKey consent_key_of_bytes(const char *bytes, int len);

static inline bool
consent_is_reference(int64 value)
{
	return value > DT_NOBEGIN && value < MIN_TIMESTAMP;
}

/* Eight characters, the first one lowest. */
static inline uint64
consent_load_eight(const char *bytes)
{
	uint64		x;

	memcpy(&x, bytes, 8);
#ifdef WORDS_BIGENDIAN
	x = pg_bswap64(x);
#endif
	return x;
}

static inline bool
consent_are_digits(uint64 x)
{
	return ((x & UINT64CONST(0xF0F0F0F0F0F0F0F0)) |
			(((x + UINT64CONST(0x0606060606060606)) & UINT64CONST(0xF0F0F0F0F0F0F0F0)) >> 4)) == UINT64CONST(0x3333333333333333);
}

/* Neighbouring digits are joined to numbers of two, these to four, these to eight. */
static inline uint64
consent_parse_eight(uint64 x)
{
	x = (x & UINT64CONST(0x0F0F0F0F0F0F0F0F)) * 2561 >> 8;
	x = (x & UINT64CONST(0x00FF00FF00FF00FF)) * 6553601 >> 16;
	return (x & UINT64CONST(0x0000FFFF0000FFFF)) * UINT64CONST(42949672960001) >> 32;
}

/* Nine to sixteen digits as two times eight, of which some are in both: there the second has zeros. */
static inline bool
consent_parse_long(const char *bytes, int len, uint64 *number)
{
	static const uint64 power[] = {10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000};
	uint64		both = (UINT64CONST(1) << (16 - len) * 8) - 1;
	uint64		a = consent_load_eight(bytes);
	uint64		b = consent_load_eight(bytes + len - 8);

	*number = consent_parse_eight(a) * power[len - 9] +
		consent_parse_eight((b & ~both) | (UINT64CONST(0x3030303030303030) & both));
	return consent_are_digits(a) && consent_are_digits(b) && bytes[0] != '0';
}

/* A number written without sign and leading zeros, of up to 18 digits, or 0. */
static inline bool
consent_parse_number(const char *bytes, int len, uint64 *number)
{
	uint64		value = 0;

	if (likely(len >= 9 && len <= 16))
		return consent_parse_long(bytes, len, number);
	if (len < 1 || len > 18 || (bytes[0] == '0' && len > 1))
		return false;
	for (int i = 0; i < len; i++)
	{
		unsigned	digit = (unsigned char) bytes[i] - '0';

		if (digit > 9)
			return false;
		value = value * 10 + digit;
	}
	*number = value;
	return true;
}

static inline ConsentKey
consent_key_from_bytes(const char *bytes, int len)
{
	ConsentKey	k = {0, NULL, 0};
	uint64		number;

	if (unlikely(!consent_parse_number(bytes, len, &number)))
		return consent_key_of_bytes(bytes, len);
	k.key = number + 1;
	return k;
}

/* Is a bigint a key by itself?  Up to 18 digits. */
static inline bool
consent_is_number(int64 value)
{
	return (uint64) value < UINT64CONST(1000000000000000000);
}

static inline ConsentKey
consent_key_from_int64(int64 value, char buffer[SUBJECT_INT64_BUFFER])
{
	ConsentKey	k = {(uint64) value + 1, NULL, 0};
	Subject		s;

	if (likely(consent_is_number(value)))
		return k;
	s = subject_from_int64(value, buffer);
	return consent_key_from_bytes(s.bytes, s.len);
}

/* Where a key's search begins: its hash as a fraction of the capacity. */
static inline uint64
consent_first_slot(const ConsentSet *set, uint64 key)
{
	uint64		x = key * UINT64CONST(0x9E3779B97F4A7C15);

	x = (x ^ (x >> 32)) * UINT64CONST(0xD6E8FEB86659FD93);
	return ((x >> 32) * set->capacity) >> 32;
}

/* The slot of a subject, or NULL. */
static inline const ConsentSlot *
consent_set_find(const ConsentSet *set, ConsentKey key)
{
	const ConsentSlot *slot;

	if (unlikely(key.bytes != NULL))
		return consent_set_find_bytes(set, key);
	for (slot = &set->slots[consent_first_slot(set, key.key)]; slot->key != key.key;)
	{
		if (slot->key == 0)
			return NULL;
		if (++slot == set->slots + set->capacity)
			slot = set->slots;
	}
	return slot;
}

/*
 * May an event of then, of the subject of this slot, be read now?  In force at
 * both times; an event at infinity is at no time.
 */
static inline bool
consent_slot_allows(const ConsentSet *set, const ConsentSlot *slot, TimestampTz then, TimestampTz now)
{
	ConsentTimes times;

	if (likely(slot->value >= MIN_TIMESTAMP || slot->value == DT_NOBEGIN))
		return slot->value <= now && then >= slot->value && then != DT_NOEND;
	consent_set_times(set, slot, &times);
	return consent_times_allow(&times, then, now);
}

#endif							/* MOBANON_CONSENT_SET_H */
