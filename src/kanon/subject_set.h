/*
 * subject_set.h
 *		The set of distinct subjects of a group: pure algorithm, no Datum.
 *
 * A set has two forms.
 *
 * Growing, while an aggregate runs: one chunk, native byte order, changed in
 * place.  Up to 15 subjects are a plain list; a larger set is a hash table with
 * open addressing.  Capacities are 1, 3, 7, 15, 31, ... so that header and keys
 * together fill a power of two exactly (1 subject: 32 bytes):
 *
 *		0        4       5      6      7      8     12      16
 *		| length | 0xFE  | kind | zero | wait | k   | count | 16-byte keys ...
 *
 * A set of 1023 keys and more lets one key wait in its last place, which is no
 * slot then: the slot where it belongs is seldom in a cache, so adding a key
 * asks for that and does the one before.  count says nothing of the key that
 * waits until subject_set_settle().
 *
 * Stored, in tables and on the wire: big-endian, sorted, without gaps, so that
 * equal sets are equal bytes.  The count follows from the length:
 *
 *		0        4       5      6             10
 *		| length | 1     | kind | k           | 8- or 16-byte keys, ascending
 *
 * kind says what the keys are: uuid (16 bytes as they are), bigint (8 bytes,
 * sign bit turned so that bytes sort as numbers) or text (the first 16 bytes of
 * its SHA-256).  Sets of different kinds never meet.  k travels with the set and
 * is 0 where no threshold was asked for.
 *
 * Operations: init, add, reserve by copy into a larger one, merge, write the
 * stored form, check a stored form.  The caller allocates; nothing here does.
 */
#ifndef SUBJECT_SET_H
#define SUBJECT_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum SubjectKind
{
	SUBJECT_KIND_UUID = 1,
	SUBJECT_KIND_BIGINT = 2,
	SUBJECT_KIND_TEXT = 3
} SubjectKind;

#define SUBJECT_KIND_IS_VALID(kind) \
	((kind) >= SUBJECT_KIND_UUID && (kind) <= SUBJECT_KIND_TEXT)

/* A subject as two numbers; the order of (high, low) is the order of the bytes. */
typedef struct SubjectKey
{
	uint64_t	high;
	uint64_t	low;
} SubjectKey;

#define SUBJECT_SET_GROWING 0xFE
#define SUBJECT_SET_STORED	1

/* Growing form. */
typedef struct SubjectSet
{
	uint32_t	vl_len_;		/* PostgreSQL's; not touched here */
	uint8_t		version;		/* SUBJECT_SET_GROWING */
	uint8_t		kind;
	uint8_t		has_zero;		/* the key (0, 0), which marks a free slot */
	uint8_t		waiting;		/* the last place holds a key that waits */
	int32_t		k;
	uint32_t	count;			/* distinct subjects, the zero key included */
	SubjectKey	keys[];
} SubjectSet;

/* Stored form, as read: where its parts are. */
typedef struct SubjectSetView
{
	SubjectKind kind;
	int32_t		k;
	uint64_t	count;
	const uint8_t *keys;
} SubjectSetView;

typedef enum SubjectSetAdd
{
	SUBJECT_SET_ADDED,
	SUBJECT_SET_PRESENT,
	SUBJECT_SET_FULL			/* copy into a larger set first */
} SubjectSetAdd;

#define SUBJECT_SET_LIST_MAX 15
#define SUBJECT_SET_WAIT_MIN 1023
#define SUBJECT_SET_HEADER offsetof(SubjectSet, keys)
#define SUBJECT_SET_STORED_HEADER 6 /* after the length word */

/* Slots of the largest growing set: just below PostgreSQL's 1 GB. */
#define SUBJECT_SET_MAX_CAPACITY ((UINT32_C(1) << 26) - 2)

/* Called every few thousand steps of a long loop; may not return. */
extern void (*subject_set_poll) (void);

static inline size_t
subject_set_size(uint32_t capacity)
{
	return SUBJECT_SET_HEADER + (size_t) capacity * sizeof(SubjectKey);
}

static inline uint32_t
subject_set_capacity(size_t size)
{
	return (uint32_t) ((size - SUBJECT_SET_HEADER) / sizeof(SubjectKey));
}

static inline size_t
subject_key_width(SubjectKind kind)
{
	return kind == SUBJECT_KIND_BIGINT ? 8 : 16;
}

static inline uint64_t
subject_load_be64(const uint8_t *bytes)
{
	uint64_t	value = 0;

	for (int i = 0; i < 8; i++)
		value = (value << 8) | bytes[i];
	return value;
}

static inline void
subject_store_be64(uint8_t *bytes, uint64_t value)
{
	for (int i = 7; i >= 0; i--)
	{
		bytes[i] = (uint8_t) value;
		value >>= 8;
	}
}

static inline SubjectKey
subject_key_from_bytes(const uint8_t bytes[16])
{
	SubjectKey	key = {subject_load_be64(bytes), subject_load_be64(bytes + 8)};

	return key;
}

static inline SubjectKey
subject_key_from_int64(int64_t value)
{
	SubjectKey	key = {(uint64_t) value ^ (UINT64_C(1) << 63), 0};

	return key;
}

/* How many places of a table are slots. */
static inline uint32_t
subject_set_slots(uint32_t capacity)
{
	return capacity < SUBJECT_SET_WAIT_MIN ? capacity : capacity - 1;
}

/* Pseudonyms are uniform already, bigints and time-ordered uuids are not. */
static inline uint64_t
subject_key_hash(SubjectKey key)
{
	uint64_t	x = key.high * UINT64_C(0x9E3779B97F4A7C15);

	x ^= (key.low ^ (key.low >> 29)) * UINT64_C(0xD6E8FEB86659FD93);
	x ^= x >> 32;
	x *= UINT64_C(0xBF58476D1CE4E5B9);
	return x ^ (x >> 31);
}

/* The slot where the search for a key begins. */
static inline uint32_t
subject_key_slot(SubjectKey key, uint32_t slots)
{
	return (uint32_t) (((subject_key_hash(key) >> 32) * slots) >> 32);
}

/* Asks the processor for the slot that subject_set_add() will look at. */
static inline void
subject_set_prefetch(const SubjectSet *set, uint32_t capacity, SubjectKey key)
{
	__builtin_prefetch(&set->keys[subject_key_slot(key, subject_set_slots(capacity))], 1);
}

/* Is (version, kind, ...) at hand a growing set?  bytes follow the length word. */
static inline bool
subject_set_is_growing(const uint8_t *bytes)
{
	return bytes[0] == SUBJECT_SET_GROWING;
}

extern void subject_set_init(SubjectSet *set, SubjectKind kind, int32_t k,
							 uint32_t capacity);
extern SubjectSetAdd subject_set_add(SubjectSet *set, uint32_t capacity,
									 SubjectKey key);

/*
 * Adds a key at the next call, or at settling; only for sets of at least
 * WAIT_MIN.  FULL: nothing waits, and no room is left for one that is new.
 */
extern SubjectSetAdd subject_set_add_soon(SubjectSet *set, uint32_t capacity,
										  SubjectKey key);
/* The key that waits is added: count is true. */
extern void subject_set_settle(SubjectSet *set, uint32_t capacity);

/*
 * The same, and where the key now is: below capacity, or at capacity for the
 * zero key.  It stays there until the set is copied into a larger one, so
 * something else can be kept at the same place (subject_map.h).
 */
extern SubjectSetAdd subject_set_put(SubjectSet *set, uint32_t capacity,
									 SubjectKey key, uint32_t *position);
/* The first position with a key, from that one on; capacity + 1: there is none.  The set is settled. */
extern uint32_t subject_set_next(const SubjectSet *set, uint32_t capacity,
								 uint32_t position);

/* The smallest capacity that holds count subjects; 0 when none does. */
extern uint32_t subject_set_capacity_for(uint64_t count);

/*
 * Adds all subjects of source; both are settled.  Make target for the sum of both first: reading
 * one table in the order of its slots into a tighter one would fill that from
 * one end, in quadratic time.  False when target is full.
 */
extern bool subject_set_merge(SubjectSet *target, uint32_t target_capacity,
							  const SubjectSet *source, uint32_t source_capacity);
extern bool subject_set_merge_view(SubjectSet *target, uint32_t capacity,
								   const SubjectSetView *source);

/* The stored form, without the length word; scratch holds set->count keys. */
extern size_t subject_set_stored_size(SubjectKind kind, uint64_t count);
extern void subject_set_store(const SubjectSet *set, uint32_t capacity,
							  SubjectKey *scratch, uint8_t *bytes);
extern void subject_set_write_header(uint8_t *bytes, SubjectKind kind, int32_t k);
extern void subject_set_write_key(uint8_t *bytes, SubjectKind kind, SubjectKey key);
extern SubjectKey subject_set_view_key(const SubjectSetView *view, uint64_t index);
extern bool subject_set_view(const uint8_t *bytes, size_t size,
							 SubjectSetView *view);

/* NULL when the bytes are a well-formed stored set, else what is wrong. */
extern const char *subject_set_check(const uint8_t *bytes, size_t size);

/* The text form, see subject_set_text.c. */
typedef struct SubjectSetText
{
	SubjectKind kind;
	int32_t		k;
	uint64_t	count;
	const char *keys;			/* two digits a byte */
} SubjectSetText;

#define SUBJECT_SET_TEXT_PREFIX 32

/*
 * Reads text in two steps, so that the caller can allocate between them: what
 * stands before the keys, then keys into the stored form.  NULL, or what is wrong.
 */
extern const char *subject_set_text_begin(const char *text, SubjectSetText *parsed);
extern const char *subject_set_text_keys(const SubjectSetText *parsed, uint8_t *bytes);
/* Writes it; the size includes the terminating zero. */
extern size_t subject_set_text_size(const SubjectSetView *view);
extern void subject_set_text_write(const SubjectSetView *view, char *text);

extern void subject_key_sort(SubjectKey *keys, size_t count);

#endif							/* SUBJECT_SET_H */
