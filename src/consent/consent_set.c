/*
 * consent_set.c
 *		What of consent_set.h does not run for every row: growing, records, copies.
 */
#include "consent_set.h"

#include "common/hashfn.h"
#include "utils/memutils.h"

typedef struct ArenaRecord
{
	uint32		n;
	uint32		len;
	Span		spans[FLEXIBLE_ARRAY_MEMBER];	/* then the key's bytes */
} ArenaRecord;

static inline ArenaRecord *
arena_record(const ConsentSet *set, int64 value)
{
	return (ArenaRecord *) (set->arena + (value - DT_NOBEGIN - 1));
}

ConsentKey
consent_key_of_bytes(const char *bytes, int len)
{
	ConsentKey	k = {hash_bytes_extended((const unsigned char *) bytes, len, 0) | CONSENT_STRING_BIT, bytes, len};

	return k;
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
	return r->len == key.len && memcmp(&r->spans[r->n], key.bytes, key.len) == 0;
}

/* The slot of a key, or the free one where it would go. */
static inline ConsentSlot *
find_slot(const ConsentSet *set, ConsentKey key)
{
	uint64		i = consent_first_slot(set, key.key);

	while (set->slots[i].key != 0 && !slot_holds(set, &set->slots[i], key))
	{
		if (++i == set->capacity)
			i = 0;
	}
	return &set->slots[i];
}

const ConsentSlot *
consent_set_find_bytes(const ConsentSet *set, ConsentKey key)
{
	const ConsentSlot *slot = find_slot(set, key);

	return slot->key == 0 ? NULL : slot;
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
		j = consent_first_slot(&to, set->slots[i].key);
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
	Size		size = MAXALIGN(offsetof(ArenaRecord, spans) + times->n * sizeof(Span) + key.len);
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
	memcpy(r->spans, times->n == 1 ? &times->only : times->spans, times->n * sizeof(Span));
	if (key.len > 0)
		memcpy(&r->spans[r->n], key.bytes, key.len);
	set->arena_used += size;
	return DT_NOBEGIN + 1 + (int64) (set->arena_used - size);
}

/*
 * The times at which a history allows reading; n = 0 when consent is not in
 * force and can only be again by a new decision.  earlier: the purpose may use
 * events from before the grant, but never those of another person.  That makes
 * one span of two as soon as the grant is in force for certain; the statement
 * at hand, which began at now, may not be the last one to ask.
 */
void
consent_times_of(const History *history, bool earlier, TimestampTz now, ConsentTimes *times)
{
	const Span *last = history->spans + history->n - 1;

	times->n = 0;
	times->spans = NULL;
	if (!history->open || history->n == 0)
		return;
	times->n = history->n;
	times->spans = history->spans;
	times->only = *last;
	if (!earlier)
		return;
	if (last->from > now - USECS_PER_DAY)
	{
		times->n = 2;
		times->pair[0].from = history->floor;
		times->pair[0].until = last->from;
		times->pair[1] = *last;
		times->spans = times->pair;
		return;
	}
	times->n = 1;
	times->only.from = history->floor;
}

/* Enters or replaces a subject. */
void
consent_set_put(ConsentSet *set, ConsentKey key, const History *history, bool earlier, TimestampTz now)
{
	ConsentTimes times;
	ConsentSlot *slot;

	consent_times_of(history, earlier, now, &times);
	if (set->used >= set->capacity / 4 * 3)
		grow(set);
	slot = find_slot(set, key);
	if (slot->key == 0)
		set->used++;
	slot->key = key.key;
	if (key.bytes != NULL || times.n > 1 || (times.n == 1 && times.only.until != DT_NOEND))
		slot->value = arena_add(set, &times, key);
	else
		slot->value = times.n == 0 ? CONSENT_NEVER : times.only.from;
}

/* The times of a slot; none when it is known not to consent. */
void
consent_set_times(const ConsentSet *set, const ConsentSlot *slot, ConsentTimes *times)
{
	if (consent_is_reference(slot->value))
	{
		ArenaRecord *r = arena_record(set, slot->value);

		times->n = r->n;
		times->spans = r->spans;
		if (r->n == 1)
			times->only = r->spans[0];
		return;
	}
	times->n = slot->value != CONSENT_NEVER;
	times->spans = NULL;
	times->only.from = slot->value;
	times->only.until = DT_NOEND;
}

/* May an event of then be read now?  In force at both times. */
bool
consent_times_allow(const ConsentTimes *times, TimestampTz then, TimestampTz now)
{
	const Span *last;

	if (times->n == 0)
		return false;
	last = times->n == 1 ? &times->only : &times->spans[times->n - 1];
	if (now < last->from || now >= last->until)
		return false;
	if (then >= last->from)
		return then < last->until;
	for (int i = times->n - 2; i >= 0; i--)
	{
		if (then >= times->spans[i].from)
			return then < times->spans[i].until;
	}
	return false;
}
