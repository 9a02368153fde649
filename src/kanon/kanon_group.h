/*
 * kanon_group.h
 *		Groups and their distinct subjects, from records in hash partitions.
 *
 * A record is one row of the input:
 *
 *		0      1              1 + S        1 + S + X
 *		| head | subject (S)  | extras (X) | key words ... |
 *
 *	head	bits 0..31 words of the record, 32..47 which grouping columns are
 *			null, 48..63 what is null of this row: subject, extras
 *	subject	1 word for bigint, 2 else (a SubjectKey)
 *	extras	one word for each further aggregate that needs a value
 *	key		the grouping columns as images: same words, same group
 *
 * The hash of (null bits, key words) picks the partition by its upper bits,
 * so a group lies in one partition.  A partition that fits is done in cache:
 * number the groups, gather the subjects of each, count the distinct ones.
 * One that does not fit is divided by the next bits of the hash; and where one
 * group alone is too large (kanon_large.c), by the hash of the subject, since
 * counts of different subjects add up.
 */
#ifndef KANON_GROUP_H
#define KANON_GROUP_H

#include "kanon/kanon.h"
#include "kanon/kanon_partition.h"

#define FIRST_MAX_BITS 10				/* of the hash, for the first level */
#define MAX_KEYS 16
#define MAX_EXTRAS 15

#define HEAD_KEY_NULL(i) (UINT64_C(1) << (32 + (i)))
#define HEAD_SUBJECT_NULL (UINT64_C(1) << 48)
#define HEAD_EXTRA_NULL(i) (UINT64_C(1) << (49 + (i)))
/* Length and null bits: what of the head belongs to the key. */
#define HEAD_KEY_MASK ((UINT64_C(1) << 48) - 1)

/* The other aggregates that may stand beside kanon_suppress. */
typedef enum ExtraOp
{
	EXTRA_COUNT_ROWS = 1,		/* count(*) */
	EXTRA_COUNT,				/* count(x) */
	EXTRA_SUM,					/* sum(smallint | integer) */
	EXTRA_MIN,
	EXTRA_MAX
} ExtraOp;

#define EXTRA_HAS_VALUE(op) ((op) >= EXTRA_SUM)

typedef struct RecordFormat
{
	SubjectKind kind;
	uint32		subject_words;
	uint32		key_at;			/* word where the key begins */
	int			n_extras;
	ExtraOp		extra_op[MAX_EXTRAS];
	uint32		extra_at[MAX_EXTRAS];	/* word of its value */
} RecordFormat;

/* What a group comes to. */
typedef struct GroupResult
{
	const uint64 *record;		/* one of its records, for the key */
	uint64		subjects;		/* distinct; only "too few" is exact below the smallest k */
	const int64 *extras;
	uint32		seen;			/* extras with a value that is not null: bits */
} GroupResult;

/* A group while its records are read. */
typedef struct SubjectGroup
{
	const uint64 *record;
	uint32		subjects;		/* records with a subject */
	uint32		first;			/* where its subjects begin */
} SubjectGroup;

typedef struct GroupSlot
{
	uint32		tag;			/* lower half of the hash */
	uint32		number;			/* of the group, from 1; 0: free */
} GroupSlot;

/* Scratch memory that grows and stays. */
typedef struct Scratch
{
	void	   *memory;
	Size		bytes;
} Scratch;

/* A partition that waits to be done. */
typedef struct Waiting
{
	Partition	partition;
	uint32		bits;			/* bits of the hash that are used up */
	bool		large_suspected;	/* one group may be most of it: this one */
	uint64		suspect;		/* its hash */
} Waiting;

struct LargeGroups;

typedef struct KanonGroups
{
	RecordFormat format;
	PartitionStore *store;
	Size		memory_limit;	/* bytes of a partition that is done in one piece */
	uint32		smallest_k;
	/* the first level */
	int			bits;
	Partition  *partitions;
	/* partitions to do, last first */
	Waiting    *waiting;
	int			n_waiting;
	int			max_waiting;
	int64		n_partitions;	/* made in all */
	/* the one being done */
	Partition	current;
	Scratch		slots;
	uint32		slot_mask;
	Scratch		groups;
	uint32		n_groups;
	uint32		max_groups;
	Scratch		extras;
	Scratch		seen;
	Scratch		numbers;
	Scratch		subjects;
	Scratch		set;
	uint32		next_group;
	struct LargeGroups *large;
} KanonGroups;

extern KanonGroups *kanon_groups_create(MemoryContext context,
										const RecordFormat *format,
										double expected_bytes, Size memory);
extern void kanon_groups_destroy(KanonGroups *groups);
extern void kanon_groups_input_done(KanonGroups *groups, int32 smallest_k);
extern void kanon_groups_add_partition(KanonGroups *groups,
									   const Partition *partition);
extern bool kanon_groups_next(KanonGroups *groups, GroupResult *result);

/* Shared by kanon_group.c and kanon_large.c. */
extern void group_add_extras(const RecordFormat *format, const uint64 *record,
							 int64 *extras, uint32 *seen);
extern void *scratch_reserve(PartitionStore *store, Scratch *scratch, Size bytes);

/* Groups that are too large to be done in one piece. */
extern struct LargeGroups *large_groups_create(KanonGroups *groups, uint64 bytes);
extern void large_groups_add(struct LargeGroups *large, const uint64 *record);
extern void large_groups_finish(struct LargeGroups *large);
extern bool large_groups_next(struct LargeGroups *large, GroupResult *result);
extern void large_groups_destroy(struct LargeGroups *large);

/* ---- records ------------------------------------------------------------- */

static inline uint64
mix(uint64 hash, uint64 word)
{
	hash = (hash ^ word) * UINT64CONST(0x9E3779B97F4A7C15);
	return hash ^ (hash >> 29);
}

/* Hash of null bits and key words; head carries both the bits and the length. */
static inline uint64
key_hash(uint64 head, const uint64 *key, const uint64 *end)
{
	uint64		hash = mix(UINT64CONST(0xA0761D6478BD642F),
						   (head & HEAD_KEY_MASK) >> 32);

	while (key < end)
		hash = mix(hash, *key++);
	hash *= UINT64CONST(0xBF58476D1CE4E5B9);
	return hash ^ (hash >> 32);
}

static inline uint64
record_hash(const RecordFormat *format, const uint64 *record)
{
	return key_hash(record[0], record + format->key_at,
					record + RECORD_WORDS(record));
}

/* Are two records of one group? */
static inline bool
record_same_key(const RecordFormat *format, const uint64 *a, const uint64 *b)
{
	const uint64 *end = a + RECORD_WORDS(a);

	if ((a[0] ^ b[0]) & HEAD_KEY_MASK)
		return false;
	a += format->key_at;
	b += format->key_at;
	while (a < end)
	{
		if (*a++ != *b++)
			return false;
	}
	return true;
}

static inline SubjectKey
record_subject(const RecordFormat *format, const uint64 *record)
{
	SubjectKey	key = {record[1], 0};

	if (format->subject_words == 2)
		key.low = record[2];
	return key;
}

/* The partition of the first level that a hash belongs to. */
static inline Partition *
kanon_groups_partition(KanonGroups *groups, uint64 hash)
{
	return &groups->partitions[(hash >> 1) >> (63 - groups->bits)];
}

#endif							/* KANON_GROUP_H */
