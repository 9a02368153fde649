/*
 * kanon_group.c
 *		Groups and their distinct subjects, see kanon_group.h.
 */
#include "kanon/kanon_group.h"

#include <math.h>

#include "miscadmin.h"
#include "port/pg_bitutils.h"
#include "utils/memutils.h"

#define HASH_BITS 60			/* that may be used up by dividing */
#define CACHE_BYTES (512 * 1024)	/* a partition that a cache holds */
/* Working memory of a partition, as a multiple of its own size. */
#define WORK_FACTOR 2.5
/* Records that a partition done in one piece may have: numbers are 32 bits. */
#define MAX_RECORDS (UINT64CONST(1) << 30)

/* ---- scratch memory ------------------------------------------------------ */

/* At least that many bytes; what was there is kept. */
void *
scratch_reserve(PartitionStore *store, Scratch *scratch, Size bytes)
{
	Size		larger;

	if (bytes <= scratch->bytes)
		return scratch->memory;
	larger = Max(bytes, scratch->bytes + scratch->bytes / 2);
	if (scratch->memory)
		scratch->memory = repalloc_huge(scratch->memory, larger);
	else
		scratch->memory = MemoryContextAllocHuge(store->context, larger);
	partition_store_work(store, scratch->bytes, larger);
	scratch->bytes = larger;
	return scratch->memory;
}

/* Gives back scratch memory that an unusual partition made large. */
static void
scratch_trim(PartitionStore *store, Scratch *scratch, Size limit)
{
	if (scratch->bytes <= limit)
		return;
	pfree(scratch->memory);
	partition_store_work(store, scratch->bytes, 0);
	scratch->memory = NULL;
	scratch->bytes = 0;
}

/* ---- creation ------------------------------------------------------------ */

/* As many partitions as make each fit, within what their chunks may take. */
static int
choose_bits(double expected_bytes, Size memory, Size part)
{
	double		wanted = expected_bytes / Min(part, CACHE_BYTES);
	int			bits = 0;

	while (bits < FIRST_MAX_BITS && (1 << bits) < wanted &&
		   ((Size) BLCKSZ << (bits + 1)) <= memory / 2)
		bits++;
	return bits;
}

/*
 * Groups of records of that format, none yet, in context.  expected_bytes:
 * size of all records as the planner sees it; memory: what may be used.
 */
KanonGroups *
kanon_groups_create(MemoryContext context, const RecordFormat *format,
					double expected_bytes, Size memory)
{
	KanonGroups *groups = MemoryContextAllocZero(context, sizeof(KanonGroups));
	Size		chunk = BLCKSZ;

	groups->format = *format;
	/* Half for chunks that stay, half for the partition that is being done. */
	groups->memory_limit = Max((Size) (memory / 2 / WORK_FACTOR), 64 * 1024);
	groups->bits = choose_bits(expected_bytes, memory, groups->memory_limit);
	/* Longer chunks are read back faster. */
	while (chunk < 32 * 1024 && (chunk << (groups->bits + 1)) <= memory / 8)
		chunk *= 2;
	groups->store = partition_store_create(context, memory / 2, chunk);
	groups->n_partitions = 1 << groups->bits;
	groups->partitions = MemoryContextAlloc(groups->store->context,
											sizeof(Partition) << groups->bits);
	for (int i = 0; i < groups->n_partitions; i++)
		partition_init(&groups->partitions[i]);
	return groups;
}

/* Gives back all memory and the temporary file. */
void
kanon_groups_destroy(KanonGroups *groups)
{
	partition_store_destroy(groups->store);
	pfree(groups);
}

static void
add_waiting(KanonGroups *groups, const Waiting *waiting)
{
	if (waiting->partition.records == 0)
		return;
	if (groups->n_waiting == groups->max_waiting)
	{
		groups->max_waiting = Max(groups->max_waiting * 2, 64);
		if (groups->waiting)
			groups->waiting = repalloc(groups->waiting,
									   groups->max_waiting * sizeof(Waiting));
		else
			groups->waiting = MemoryContextAlloc(groups->store->context,
												 groups->max_waiting * sizeof(Waiting));
	}
	groups->waiting[groups->n_waiting++] = *waiting;
}

/* A whole partition of the first level that other processes have written, too. */
void
kanon_groups_add_partition(KanonGroups *groups, const Partition *partition)
{
	Waiting		waiting = {.partition = *partition, .bits = groups->bits};

	add_waiting(groups, &waiting);
}

/* All records are appended.  smallest_k: no group with fewer subjects is counted out. */
void
kanon_groups_input_done(KanonGroups *groups, int32 smallest_k)
{
	groups->smallest_k = (uint32) smallest_k;
	for (int i = (1 << groups->bits) - 1; i >= 0; i--)
	{
		Waiting		waiting = {.partition = groups->partitions[i], .bits = groups->bits};

		add_waiting(groups, &waiting);
	}
}

/* ---- numbering the groups of a partition --------------------------------- */

static void
reserve_groups(KanonGroups *groups, uint32 n)
{
	uint32		n_extras = groups->format.n_extras;

	scratch_reserve(groups->store, &groups->groups, n * sizeof(SubjectGroup));
	groups->max_groups = groups->groups.bytes / sizeof(SubjectGroup);
	if (n_extras > 0)
	{
		scratch_reserve(groups->store, &groups->extras,
						(Size) groups->max_groups * n_extras * sizeof(int64));
		scratch_reserve(groups->store, &groups->seen,
						(Size) groups->max_groups * sizeof(uint32));
	}
}

static void
clear_slots(KanonGroups *groups, uint32 n_slots)
{
	scratch_reserve(groups->store, &groups->slots, n_slots * sizeof(GroupSlot));
	memset(groups->slots.memory, 0, n_slots * sizeof(GroupSlot));
	groups->slot_mask = n_slots - 1;
}

/* Twice as many slots; the tags are enough to fill them. */
static void
grow_slots(KanonGroups *groups)
{
	uint32		n_old = groups->slot_mask + 1;
	GroupSlot  *old = palloc_extended(n_old * sizeof(GroupSlot), MCXT_ALLOC_HUGE);
	GroupSlot  *slots;

	memcpy(old, groups->slots.memory, n_old * sizeof(GroupSlot));
	clear_slots(groups, n_old * 2);
	slots = groups->slots.memory;
	for (uint32 i = 0; i < n_old; i++)
	{
		uint32		at = old[i].tag & groups->slot_mask;

		if (old[i].number == 0)
			continue;
		while (slots[at].number != 0)
			at = (at + 1) & groups->slot_mask;
		slots[at] = old[i];
	}
	pfree(old);
}

static uint32
new_group(KanonGroups *groups, const uint64 *record)
{
	uint32		number = groups->n_groups++;
	SubjectGroup *group;

	if (number == groups->max_groups)
		reserve_groups(groups, number + 1);
	group = (SubjectGroup *) groups->groups.memory + number;
	group->record = record;
	group->subjects = 0;
	group->first = 0;
	if (groups->format.n_extras > 0)
	{
		memset((int64 *) groups->extras.memory + (Size) number * groups->format.n_extras,
			   0, groups->format.n_extras * sizeof(int64));
		((uint32 *) groups->seen.memory)[number] = 0;
	}
	return number;
}

/* The number of the group that a record belongs to. */
static inline uint32
find_group(KanonGroups *groups, const uint64 *record)
{
	uint32		tag = (uint32) record_hash(&groups->format, record);
	GroupSlot  *slots = groups->slots.memory;
	uint32		at = tag & groups->slot_mask;

	while (slots[at].number != 0)
	{
		if (slots[at].tag == tag &&
			record_same_key(&groups->format, record,
							((SubjectGroup *) groups->groups.memory)[slots[at].number - 1].record))
			return slots[at].number - 1;
		at = (at + 1) & groups->slot_mask;
	}
	slots[at].tag = tag;
	slots[at].number = new_group(groups, record) + 1;
	if (groups->n_groups > groups->slot_mask / 8 * 5)
		grow_slots(groups);
	return groups->n_groups - 1;
}

/* Adds one row to the values of the further aggregates. */
void
group_add_extras(const RecordFormat *format, const uint64 *record,
				 int64 *extras, uint32 *seen)
{
	for (int i = 0; i < format->n_extras; i++)
	{
		int64		value;

		if (record[0] & HEAD_EXTRA_NULL(i))
			continue;
		value = (int64) record[format->extra_at[i]];
		switch (format->extra_op[i])
		{
			case EXTRA_COUNT_ROWS:
			case EXTRA_COUNT:
				extras[i]++;
				break;
			case EXTRA_SUM:
				/* wraps as sum(integer) does, at 2^63 */
				extras[i] = (int64) ((uint64) extras[i] + (uint64) value);
				break;
			case EXTRA_MIN:
				if (!(*seen & (1 << i)) || value < extras[i])
					extras[i] = value;
				break;
			case EXTRA_MAX:
				if (!(*seen & (1 << i)) || value > extras[i])
					extras[i] = value;
				break;
		}
		*seen |= 1 << i;
	}
}

/* Gives every record the number of its group. */
static void
number_records(KanonGroups *groups)
{
	uint32	   *numbers = groups->numbers.memory;
	int			n_extras = groups->format.n_extras;

	for (PartitionChunk *chunk = groups->current.chunks; chunk; chunk = chunk->next)
	{
		const uint64 *end = chunk->words + chunk->used;

		CHECK_FOR_INTERRUPTS();
		for (const uint64 *record = chunk->words; record < end;
			 record += RECORD_WORDS(record))
		{
			uint32		number = find_group(groups, record);

			*numbers++ = number;
			if (!(record[0] & HEAD_SUBJECT_NULL))
				((SubjectGroup *) groups->groups.memory)[number].subjects++;
			if (n_extras > 0)
				group_add_extras(&groups->format, record,
								 (int64 *) groups->extras.memory + (Size) number * n_extras,
								 (uint32 *) groups->seen.memory + number);
		}
	}
}

/* ---- gathering and counting their subjects -------------------------------- */

/*
 * Puts the subjects of each group side by side.  Groups with fewer records than
 * the smallest k cannot reach it and are passed over: most groups, usually.
 */
static void
gather_subjects(KanonGroups *groups)
{
	SubjectGroup *group = groups->groups.memory;
	uint32	   *numbers = groups->numbers.memory;
	SubjectKey *subjects;
	uint32		n = 0;

	for (uint32 i = 0; i < groups->n_groups; i++)
	{
		group[i].first = n;
		if (group[i].subjects >= groups->smallest_k)
			n += group[i].subjects;
	}
	if (n == 0)
		return;
	subjects = scratch_reserve(groups->store, &groups->subjects,
							   n * sizeof(SubjectKey));
	for (PartitionChunk *chunk = groups->current.chunks; chunk; chunk = chunk->next)
	{
		const uint64 *end = chunk->words + chunk->used;

		CHECK_FOR_INTERRUPTS();
		for (const uint64 *record = chunk->words; record < end;
			 record += RECORD_WORDS(record))
		{
			SubjectGroup *of = &group[*numbers++];

			if (of->subjects >= groups->smallest_k &&
				!(record[0] & HEAD_SUBJECT_NULL))
				subjects[of->first++] = record_subject(&groups->format, record);
		}
	}
	/* first is now the end: turn it back. */
	for (uint32 i = 0; i < groups->n_groups; i++)
	{
		if (group[i].subjects >= groups->smallest_k)
			group[i].first -= group[i].subjects;
	}
}

/* The number of distinct subjects of a group whose subjects are gathered. */
static uint64
count_distinct(KanonGroups *groups, const SubjectGroup *group)
{
	SubjectKey *subject = (SubjectKey *) groups->subjects.memory + group->first;
	uint32		capacity = subject_set_capacity_for(group->subjects);
	SubjectSet *set;

	if (capacity == 0)
		capacity = SUBJECT_SET_MAX_CAPACITY;
	set = scratch_reserve(groups->store, &groups->set, subject_set_size(capacity));
	subject_set_init(set, groups->format.kind, K_NONE, capacity);
	for (uint32 i = 0; i < group->subjects; i++)
	{
		if (i % 65536 == 65535)
			CHECK_FOR_INTERRUPTS();
		if (capacity >= SUBJECT_SET_WAIT_MIN && i + 8 < group->subjects)
			subject_set_prefetch(set, capacity, subject[i + 8]);
		if (subject_set_add(set, capacity, subject[i]) == SUBJECT_SET_FULL)
			report_full();
	}
	return set->count;
}

/* Does a partition in one piece. */
static void
do_partition(KanonGroups *groups, Partition *partition)
{
	uint32		n_slots = 64;

	partition_load(groups->store, partition);
	groups->current = *partition;
	scratch_reserve(groups->store, &groups->numbers,
					partition->records * sizeof(uint32));
	while (n_slots < partition->records / 4)
		n_slots *= 2;
	clear_slots(groups, n_slots);
	groups->n_groups = 0;
	groups->next_group = 0;
	reserve_groups(groups, 64);
	number_records(groups);
	gather_subjects(groups);
}

static void
finish_partition(KanonGroups *groups)
{
	Size		limit = groups->memory_limit * 2;

	partition_drop(groups->store, &groups->current);
	groups->n_groups = groups->next_group = 0;
	scratch_trim(groups->store, &groups->slots, limit);
	scratch_trim(groups->store, &groups->groups, limit);
	scratch_trim(groups->store, &groups->extras, limit);
	scratch_trim(groups->store, &groups->seen, limit);
	scratch_trim(groups->store, &groups->numbers, limit);
	scratch_trim(groups->store, &groups->subjects, limit);
	scratch_trim(groups->store, &groups->set, limit);
	groups->max_groups = groups->groups.bytes / sizeof(SubjectGroup);
}

/* ---- dividing a partition that does not fit ------------------------------ */

/*
 * Majority vote (Boyer and Moore): when one hash is more than half of a part it
 * is what remains.  A wrong suspect costs a little time and nothing else.
 */
static inline void
vote(Waiting *part, int64 *votes, uint64 hash)
{
	if (part->suspect == hash)
		(*votes)++;
	else if (*votes == 0)
	{
		part->suspect = hash;
		*votes = 1;
	}
	else
		(*votes)--;
}

/* Moves a record to a partition. */
static inline void
copy_record(PartitionStore *store, Partition *to, const uint64 *record)
{
	uint32		words = RECORD_WORDS(record);

	memcpy(partition_append(store, to, words), record, words * sizeof(uint64));
}

/* Bits by which to divide so many bytes. */
static int
bits_to_divide(KanonGroups *groups, const Waiting *whole)
{
	int			bits = 2;

	while (bits < 6 &&
		   (whole->partition.bytes >> bits) > groups->memory_limit / 2)
		bits++;
	return Min(bits, HASH_BITS - whole->bits);
}

/*
 * Divides a partition by the next bits of the hash; the suspected large group
 * goes a way of its own, and so does everything when no bits are left.
 */
static void
divide(KanonGroups *groups, Waiting *whole)
{
	int			bits = bits_to_divide(groups, whole);
	int			n = bits > 0 ? 1 << bits : 0;
	int			shift = 64 - whole->bits - bits;
	Waiting    *parts = palloc0((n + 1) * sizeof(Waiting));
	int64	   *votes = palloc0((n + 1) * sizeof(int64));
	PartitionChunk *chunk;

	for (int i = 0; i < n; i++)
	{
		partition_init(&parts[i].partition);
		parts[i].bits = whole->bits + bits;
	}
	if (whole->large_suspected || n == 0)
		groups->large = large_groups_create(groups, whole->partition.bytes);
	while ((chunk = partition_take(groups->store, &whole->partition)) != NULL)
	{
		const uint64 *end = chunk->words + chunk->used;

		CHECK_FOR_INTERRUPTS();
		for (const uint64 *record = chunk->words; record < end;
			 record += RECORD_WORDS(record))
		{
			uint64		hash = record_hash(&groups->format, record);
			int			i = n > 0 ? (int) ((hash >> shift) & (n - 1)) : 0;

			if (n == 0 || (whole->large_suspected && hash == whole->suspect))
			{
				large_groups_add(groups->large, record);
				continue;
			}
			copy_record(groups->store, &parts[i].partition, record);
			vote(&parts[i], &votes[i], hash);
		}
		partition_release(groups->store, chunk);
	}
	for (int i = 0; i < n; i++)
	{
		parts[i].large_suspected = votes[i] > 0 &&
			votes[i] >= (int64) (parts[i].partition.records / 16);
		add_waiting(groups, &parts[i]);
	}
	groups->n_partitions += n;
	pfree(parts);
	pfree(votes);
	if (groups->large)
		large_groups_finish(groups->large);
}

/* ---- one group after the other ------------------------------------------- */

/* Begins with the next partition; false: there is none. */
static bool
next_partition(KanonGroups *groups)
{
	Waiting		waiting;

	finish_partition(groups);
	if (groups->n_waiting == 0)
		return false;
	waiting = groups->waiting[--groups->n_waiting];
	if (waiting.partition.bytes <= groups->memory_limit &&
		waiting.partition.records <= MAX_RECORDS)
		do_partition(groups, &waiting.partition);
	else
		divide(groups, &waiting);
	return true;
}

/* The next group, valid until the next call; false: there is none. */
bool
kanon_groups_next(KanonGroups *groups, GroupResult *result)
{
	for (;;)
	{
		uint32		number = groups->next_group;

		if (groups->large)
		{
			if (large_groups_next(groups->large, result))
				return true;
			large_groups_destroy(groups->large);
			groups->large = NULL;
		}
		if (number < groups->n_groups)
		{
			SubjectGroup *group = (SubjectGroup *) groups->groups.memory + number;

			groups->next_group++;
			result->record = group->record;
			result->subjects = group->subjects;
			if (group->subjects >= groups->smallest_k && group->subjects > 1)
				result->subjects = count_distinct(groups, group);
			if (groups->format.n_extras > 0)
			{
				result->extras = (int64 *) groups->extras.memory +
					(Size) number * groups->format.n_extras;
				result->seen = ((uint32 *) groups->seen.memory)[number];
			}
			return true;
		}
		if (!next_partition(groups))
			return false;
	}
}
