/*
 * subject_set.c
 *		The set of distinct subjects of a group: see subject_set.h.
 */
#include "subject_set.h"

#include <string.h>

#define POLL_EVERY 65536

static void
no_poll(void)
{
}

void		(*subject_set_poll) (void) = no_poll;

static inline bool
key_is_zero(SubjectKey key)
{
	return (key.high | key.low) == 0;
}

static inline bool
key_equals(SubjectKey a, SubjectKey b)
{
	return a.high == b.high && a.low == b.low;
}

void
subject_set_init(SubjectSet *set, SubjectKind kind, int32_t k,
				 uint32_t capacity)
{
	set->version = SUBJECT_SET_GROWING;
	set->kind = (uint8_t) kind;
	set->has_zero = 0;
	set->waiting = 0;
	set->k = k;
	set->count = 0;
	/* A list is read up to its count; only a table needs its slots marked. */
	if (capacity > SUBJECT_SET_LIST_MAX)
		memset(set->keys, 0, (size_t) capacity * sizeof(SubjectKey));
}

/* Keys in the array: the zero key is a flag, not an entry. */
static inline uint32_t
entries(const SubjectSet *set)
{
	return set->count - set->has_zero;
}

/* How many entries a capacity takes before it has to grow. */
static inline uint32_t
entries_max(uint32_t capacity)
{
	if (capacity <= SUBJECT_SET_LIST_MAX)
		return capacity;
	/* The last size cannot double any more, so it fills further. */
	if (capacity == SUBJECT_SET_MAX_CAPACITY)
		return capacity / 8 * 7;
	return capacity / 4 * 3;
}

uint32_t
subject_set_capacity_for(uint64_t count)
{
	uint64_t	capacity = 1;

	while (capacity < SUBJECT_SET_MAX_CAPACITY)
	{
		if (entries_max((uint32_t) capacity) >= count)
			return (uint32_t) capacity;
		capacity = capacity * 2 + 1;
	}
	if (entries_max(SUBJECT_SET_MAX_CAPACITY) >= count)
		return SUBJECT_SET_MAX_CAPACITY;
	return 0;
}

/* The slot where a key is, or would be put. */
static inline uint32_t
find_slot(const SubjectSet *set, uint32_t capacity, SubjectKey key)
{
	uint32_t	slots = subject_set_slots(capacity);
	uint32_t	slot = subject_key_slot(key, slots);

	while (!key_is_zero(set->keys[slot]) && !key_equals(set->keys[slot], key))
	{
		if (++slot == slots)
			slot = 0;
	}
	return slot;
}

static inline SubjectSetAdd
put_into_list(SubjectSet *set, uint32_t capacity, SubjectKey key, uint32_t *position)
{
	uint32_t	n = entries(set);

	for (uint32_t i = 0; i < n; i++)
	{
		if (key_equals(set->keys[i], key))
		{
			*position = i;
			return SUBJECT_SET_PRESENT;
		}
	}
	if (n >= capacity)
		return SUBJECT_SET_FULL;
	set->keys[n] = key;
	set->count++;
	*position = n;
	return SUBJECT_SET_ADDED;
}

static inline SubjectSetAdd
put(SubjectSet *set, uint32_t capacity, SubjectKey key, uint32_t *position)
{
	uint32_t	slot;

	if (key_is_zero(key))
	{
		*position = capacity;
		if (set->has_zero)
			return SUBJECT_SET_PRESENT;
		set->has_zero = 1;
		set->count++;
		return SUBJECT_SET_ADDED;
	}
	if (capacity <= SUBJECT_SET_LIST_MAX)
		return put_into_list(set, capacity, key, position);

	slot = find_slot(set, capacity, key);
	*position = slot;
	if (!key_is_zero(set->keys[slot]))
		return SUBJECT_SET_PRESENT;
	if (entries(set) >= entries_max(capacity))
		return SUBJECT_SET_FULL;
	set->keys[slot] = key;
	set->count++;
	return SUBJECT_SET_ADDED;
}

SubjectSetAdd
subject_set_add_soon(SubjectSet *set, uint32_t capacity, SubjectKey key)
{
	subject_set_settle(set, capacity);
	/* A key waits only where there is room for it, so that settling never fails. */
	if (entries(set) >= entries_max(capacity))
		return SUBJECT_SET_FULL;
	set->keys[capacity - 1] = key;
	set->waiting = 1;
	subject_set_prefetch(set, capacity, key);
	return SUBJECT_SET_ADDED;
}

void
subject_set_settle(SubjectSet *set, uint32_t capacity)
{
	if (!set->waiting)
		return;
	set->waiting = 0;
	(void) subject_set_add(set, capacity, set->keys[capacity - 1]);
}

SubjectSetAdd
subject_set_add(SubjectSet *set, uint32_t capacity, SubjectKey key)
{
	uint32_t	position;

	return put(set, capacity, key, &position);
}

SubjectSetAdd
subject_set_put(SubjectSet *set, uint32_t capacity, SubjectKey key,
				uint32_t *position)
{
	return put(set, capacity, key, position);
}

uint32_t
subject_set_next(const SubjectSet *set, uint32_t capacity, uint32_t position)
{
	uint32_t	n = subject_set_slots(capacity);

	if (capacity <= SUBJECT_SET_LIST_MAX)
		n = entries(set);
	while (position < n && key_is_zero(set->keys[position]))
		position++;
	if (position < n)
		return position;
	return position <= capacity && set->has_zero ? capacity : capacity + 1;
}

bool
subject_set_merge(SubjectSet *target, uint32_t target_capacity,
				  const SubjectSet *source, uint32_t source_capacity)
{
	uint32_t	n = subject_set_slots(source_capacity);

	if (source_capacity <= SUBJECT_SET_LIST_MAX)
		n = entries(source);
	for (uint32_t i = 0; i < n; i++)
	{
		if (i % POLL_EVERY == POLL_EVERY - 1)
			subject_set_poll();
		if (!key_is_zero(source->keys[i]) &&
			subject_set_add(target, target_capacity,
							source->keys[i]) == SUBJECT_SET_FULL)
			return false;
	}
	if (source->has_zero && !target->has_zero)
	{
		target->has_zero = 1;
		target->count++;
	}
	return true;
}

bool
subject_set_merge_view(SubjectSet *target, uint32_t capacity,
					   const SubjectSetView *source)
{
	for (uint64_t i = 0; i < source->count; i++)
	{
		if (i % POLL_EVERY == POLL_EVERY - 1)
			subject_set_poll();
		if (subject_set_add(target, capacity,
							subject_set_view_key(source, i)) == SUBJECT_SET_FULL)
			return false;
	}
	return true;
}

/* ---- stored form --------------------------------------------------------- */

size_t
subject_set_stored_size(SubjectKind kind, uint64_t count)
{
	return SUBJECT_SET_STORED_HEADER + (size_t) count * subject_key_width(kind);
}

void
subject_set_write_header(uint8_t *bytes, SubjectKind kind, int32_t k)
{
	bytes[0] = SUBJECT_SET_STORED;
	bytes[1] = (uint8_t) kind;
	for (int i = 0; i < 4; i++)
		bytes[2 + i] = (uint8_t) ((uint32_t) k >> (24 - 8 * i));
}

void
subject_set_write_key(uint8_t *bytes, SubjectKind kind, SubjectKey key)
{
	subject_store_be64(bytes, key.high);
	if (subject_key_width(kind) == 16)
		subject_store_be64(bytes + 8, key.low);
}

SubjectKey
subject_set_view_key(const SubjectSetView *view, uint64_t index)
{
	size_t		width = subject_key_width(view->kind);
	const uint8_t *bytes = view->keys + index * width;
	SubjectKey	key = {subject_load_be64(bytes), 0};

	if (width == 16)
		key.low = subject_load_be64(bytes + 8);
	return key;
}

void
subject_set_store(const SubjectSet *set, uint32_t capacity,
				  SubjectKey *scratch, uint8_t *bytes)
{
	SubjectKind kind = (SubjectKind) set->kind;
	size_t		width = subject_key_width(kind);
	uint32_t	slots = subject_set_slots(capacity);
	uint32_t	n = 0;
	SubjectKey	zero = {0, 0};

	if (capacity <= SUBJECT_SET_LIST_MAX)
		slots = entries(set);
	if (set->has_zero)
		scratch[n++] = zero;
	for (uint32_t i = 0; i < slots; i++)
	{
		if (!key_is_zero(set->keys[i]))
			scratch[n++] = set->keys[i];
	}
	subject_key_sort(scratch, n);

	subject_set_write_header(bytes, kind, set->k);
	bytes += SUBJECT_SET_STORED_HEADER;
	for (uint32_t i = 0; i < n; i++)
		subject_set_write_key(bytes + i * width, kind, scratch[i]);
}

bool
subject_set_view(const uint8_t *bytes, size_t size, SubjectSetView *view)
{
	size_t		width;
	uint32_t	k = 0;

	if (size < SUBJECT_SET_STORED_HEADER || bytes[0] != SUBJECT_SET_STORED ||
		!SUBJECT_KIND_IS_VALID(bytes[1]))
		return false;
	view->kind = (SubjectKind) bytes[1];
	for (int i = 0; i < 4; i++)
		k = (k << 8) | bytes[2 + i];
	view->k = (int32_t) k;
	width = subject_key_width(view->kind);
	if ((size - SUBJECT_SET_STORED_HEADER) % width != 0)
		return false;
	view->count = (size - SUBJECT_SET_STORED_HEADER) / width;
	view->keys = bytes + SUBJECT_SET_STORED_HEADER;
	return true;
}

const char *
subject_set_check(const uint8_t *bytes, size_t size)
{
	SubjectSetView view;
	size_t		width;

	if (size < SUBJECT_SET_STORED_HEADER)
		return "It is shorter than its header.";
	if (bytes[0] != SUBJECT_SET_STORED)
		return "Its version is not known.";
	if (!SUBJECT_KIND_IS_VALID(bytes[1]))
		return "Its kind of subject is not known.";
	if (!subject_set_view(bytes, size, &view))
		return "It ends within a subject.";
	if (view.k < 0)
		return "Its k is negative.";
	width = subject_key_width(view.kind);
	for (uint64_t i = 1; i < view.count; i++)
	{
		if (i % POLL_EVERY == POLL_EVERY - 1)
			subject_set_poll();
		if (memcmp(view.keys + (i - 1) * width, view.keys + i * width, width) >= 0)
			return "Its subjects are not in strictly ascending order.";
	}
	return NULL;
}

/* ---- sorting ------------------------------------------------------------- */

static inline bool
key_less(SubjectKey a, SubjectKey b)
{
	return a.high != b.high ? a.high < b.high : a.low < b.low;
}

static inline unsigned
key_byte(SubjectKey key, int level)
{
	uint64_t	half = level < 8 ? key.high : key.low;

	return (unsigned) (half >> (56 - 8 * (level & 7))) & 0xFF;
}

static void
insertion_sort(SubjectKey *keys, size_t count)
{
	for (size_t i = 1; i < count; i++)
	{
		SubjectKey	key = keys[i];
		size_t		j = i;

		for (; j > 0 && key_less(key, keys[j - 1]); j--)
			keys[j] = keys[j - 1];
		keys[j] = key;
	}
}

/*
 * In-place radix sort, most significant byte first: no memory, and no input on
 * which it is slow (subjects may be chosen by somebody who wants it to be).
 */
static void
radix_sort(SubjectKey *keys, size_t count, int level)
{
	size_t		end[256] = {0};
	size_t		next[256];
	size_t		start = 0;

	if (count <= 32 || level == 16)
	{
		insertion_sort(keys, level == 16 ? 0 : count);
		return;
	}
	if (count > POLL_EVERY)
		subject_set_poll();
	for (size_t i = 0; i < count; i++)
		end[key_byte(keys[i], level)]++;
	for (int b = 0; b < 256; b++)
	{
		next[b] = start;
		start += end[b];
		end[b] = start;
	}
	for (int b = 0; b < 256; b++)
	{
		while (next[b] < end[b])
		{
			SubjectKey	key = keys[next[b]];
			unsigned	home = key_byte(key, level);

			keys[next[b]] = keys[next[home]];
			keys[next[home]++] = key;
		}
	}
	start = 0;
	for (int b = 0; b < 256; b++)
	{
		radix_sort(keys + start, end[b] - start, level + 1);
		start = end[b];
	}
}

void
subject_key_sort(SubjectKey *keys, size_t count)
{
	radix_sort(keys, count, 0);
}
