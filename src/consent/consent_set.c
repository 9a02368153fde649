/*
 * consent_set.c
 *		Subjects and the times of their consent, in memory: open addressing.
 *
 * A subject that is a number of up to 18 digits (every E.164 number is) is its
 * own key, so that nothing is ever mistaken for it; others are found by a hash
 * and compared byte by byte.  Nearly every subject has one interval without
 * end, which fits into its slot:
 *
 *		| number + 1, or top bit and hash | from, or reference into the arena |
 *
 * A value between DT_NOBEGIN and MIN_TIMESTAMP is no time and therefore a
 * reference, to a record of the arena (number of intervals, length of the key,
 * intervals, key).  16 bytes per slot, at most three of four slots in use.
 */
#include "consent.h"

#include "common/hashfn.h"
#include "utils/memutils.h"

#define STRING_BIT (UINT64CONST(1) << 63)
#define NEVER DT_NOEND			/* a slot's value: no consent */

typedef struct ArenaRecord
{
	uint32		n;
	uint32		len;
	Span	intervals[FLEXIBLE_ARRAY_MEMBER];	/* then the key's bytes */
} ArenaRecord;

static inline bool
is_reference(int64 value)
{
	return value > DT_NOBEGIN && value < MIN_TIMESTAMP;
}

static inline ArenaRecord *
arena_record(const ConsentSet *set, int64 value)
{
	return (ArenaRecord *) (set->arena + (value - DT_NOBEGIN - 1));
}

/* A number written without sign and leading zeros, of up to 18 digits, or 0. */
static bool
parse_number(const char *bytes, int len, uint64 *number)
{
	uint64		value = 0;

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

ConsentKey
consent_key_from_bytes(const char *bytes, int len)
{
	ConsentKey	k = {0, NULL, 0};

	if (parse_number(bytes, len, &k.key))
		k.key++;
	else
	{
		k.key = hash_bytes_extended((const unsigned char *) bytes, len, 0) | STRING_BIT;
		k.bytes = bytes;
		k.len = len;
	}
	return k;
}

ConsentKey
consent_key_from_int64(int64 value, char buffer[SUBJECT_INT64_BUFFER])
{
	ConsentKey	k = {(uint64) value + 1, NULL, 0};
	Subject		s;

	if (value >= 0 && value < INT64CONST(1000000000000000000))
		return k;
	s = subject_from_int64(value, buffer);
	return consent_key_from_bytes(s.bytes, s.len);
}

static inline uint64
mix(uint64 x)
{
	x *= UINT64CONST(0x9E3779B97F4A7C15);
	x ^= x >> 32;
	x *= UINT64CONST(0xD6E8FEB86659FD93);
	return x ^ (x >> 32);
}

/* Where a key's search begins: the hash as a fraction of the capacity. */
static inline uint64
first_slot(const ConsentSet *set, uint64 key)
{
	uint64		hash = mix(key);

	return ((hash >> 32) * set->capacity) >> 32;
}

static inline bool
slot_holds(const ConsentSet *set, const ConsentSlot *slot, ConsentKey key)
{
	ArenaRecord *r;

	if (slot->key != key.key)
		return false;
	if (key.bytes == NULL)
		return true;
	r = arena_record(set, slot->value);
	return r->len == key.len && memcmp(&r->intervals[r->n], key.bytes, key.len) == 0;
}

/* The slot of a key, or the free one where it would go. */
static inline ConsentSlot *
find_slot(const ConsentSet *set, ConsentKey key)
{
	uint64		i = first_slot(set, key.key);

	while (set->slots[i].key != 0 && !slot_holds(set, &set->slots[i], key))
	{
		if (++i == set->capacity)
			i = 0;
	}
	return &set->slots[i];
}

static ConsentSlot *
allocate_slots(MemoryContext context, uint64 capacity)
{
	return MemoryContextAllocExtended(context, capacity * sizeof(ConsentSlot),
									  MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
}

/* Slots for that many subjects: three of four in use. */
uint64
consent_set_capacity_for(uint64 subjects)
{
	return Min(subjects / 3 * 4 + 64, PG_UINT32_MAX);
}

void
consent_set_init(ConsentSet *set, MemoryContext context, uint64 expected)
{
	memset(set, 0, sizeof(*set));
	set->context = context;
	set->capacity = consent_set_capacity_for(expected);
	set->slots = allocate_slots(context, set->capacity);
}

/* Fills zeroed slots of another capacity; what they refer to stays where it is. */
void
consent_set_copy_slots(const ConsentSet *set, ConsentSlot *slots, uint64 capacity)
{
	ConsentSet	to = {.capacity = capacity, .slots = slots};

	for (uint64 i = 0; i < set->capacity; i++)
	{
		uint64		j;

		if (set->slots[i].key == 0)
			continue;
		j = first_slot(&to, set->slots[i].key);
		while (slots[j].key != 0)
			j = j + 1 == capacity ? 0 : j + 1;
		slots[j] = set->slots[i];
	}
}

static void
grow(ConsentSet *set)
{
	uint64		capacity = set->capacity * 2;
	ConsentSlot *slots;

	if (capacity > PG_UINT32_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("too many consenting subjects for one purpose")));
	slots = allocate_slots(set->context, capacity);
	consent_set_copy_slots(set, slots, capacity);
	pfree(set->slots);
	set->slots = slots;
	set->capacity = capacity;
}

/* Room for a record in the arena; returns the value that refers to it. */
static int64
arena_add(ConsentSet *set, const ConsentTimes *times, ConsentKey key)
{
	Size		size = MAXALIGN(offsetof(ArenaRecord, intervals) + times->n * sizeof(Span) + key.len);
	ArenaRecord *r;

	if (set->arena_used + size > set->arena_size)
	{
		uint64		larger = Max(set->arena_size * 2, set->arena_used + size + 1024);

		if (set->arena == NULL)
			set->arena = MemoryContextAllocHuge(set->context, larger);
		else
			set->arena = repalloc_huge(set->arena, larger);
		set->arena_size = larger;
	}
	r = (ArenaRecord *) (set->arena + set->arena_used);
	r->n = times->n;
	r->len = key.len;
	memcpy(r->intervals, times->n == 1 ? &times->only : times->intervals, times->n * sizeof(Span));
	if (key.len > 0)
		memcpy(&r->intervals[r->n], key.bytes, key.len);
	set->arena_used += size;
	return DT_NOBEGIN + 1 + (int64) (set->arena_used - size);
}

/*
 * The times at which a history allows reading; n = 0 when consent is not in
 * force and can only be again by a new decision.  earlier: the purpose may use
 * events from before the grant, but never those of another person.
 */
void
consent_times_of(const History *history, bool earlier, ConsentTimes *times)
{
	const Span *last = history->intervals + history->n - 1;

	times->n = 0;
	times->intervals = NULL;
	if (!history->open || history->n == 0)
		return;
	times->n = history->n;
	times->intervals = history->intervals;
	times->only = *last;
	if (!earlier)
		return;
	times->n = 1;
	times->only.from = history->floor;
}

/* Enters or replaces a subject. */
void
consent_set_put(ConsentSet *set, ConsentKey key, const History *history, bool earlier)
{
	ConsentTimes times;
	ConsentSlot *slot;

	consent_times_of(history, earlier, &times);
	if (set->used >= set->capacity / 4 * 3)
		grow(set);
	slot = find_slot(set, key);
	if (slot->key == 0)
		set->used++;
	slot->key = key.key;
	if (key.bytes != NULL || times.n > 1 || (times.n == 1 && times.only.until != DT_NOEND))
		slot->value = arena_add(set, &times, key);
	else
		slot->value = times.n == 0 ? NEVER : times.only.from;
}

/* Is the subject in the set, with what times (none: it is known not to consent)? */
bool
consent_set_find(const ConsentSet *set, ConsentKey key, ConsentTimes *times)
{
	const ConsentSlot *slot = find_slot(set, key);

	if (slot->key == 0)
		return false;
	if (is_reference(slot->value))
	{
		ArenaRecord *r = arena_record(set, slot->value);

		times->n = r->n;
		times->intervals = r->intervals;
		if (r->n == 1)
			times->only = r->intervals[0];
		return true;
	}
	times->n = slot->value != NEVER;
	times->intervals = NULL;
	times->only.from = slot->value;
	times->only.until = DT_NOEND;
	return true;
}
