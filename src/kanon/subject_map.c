/*
 * subject_map.c
 *		Distinct subjects with one word each: see subject_map.h.
 */
#include "kanon/subject_map.h"

#include "libpq/pqformat.h"
#include "miscadmin.h"
#include "utils/memutils.h"

/* Bytes of one subject in a message. */
#define MESSAGE_ENTRY (sizeof(SubjectKey) + sizeof(uint64))

/* Walking takes a while: look up now and then. */
#define POLL_EVERY 65536

static void
map_allocate(SubjectMap *map, SubjectKind kind, uint32 capacity, MemoryContext context)
{
	Size		keys = subject_set_size(capacity);

	map->set = MemoryContextAllocHuge(context,
									  keys + ((Size) capacity + 1) * sizeof(uint64));
	map->words = (uint64 *) ((char *) map->set + keys);
	map->capacity = capacity;
	subject_set_init(map->set, kind, K_NONE, capacity);
}

/* An empty map in that context, where it grows. */
void
subject_map_init(SubjectMap *map, SubjectKind kind, MemoryContext context)
{
	map_allocate(map, kind, 1, context);
}

/* Room for that many subjects. */
void
subject_map_reserve(SubjectMap *map, uint64 count)
{
	uint32		capacity = subject_set_capacity_for(count);
	SubjectMap	larger;
	SubjectMapEntry entry = {0};

	if (capacity == 0)
		capacity = SUBJECT_SET_MAX_CAPACITY;
	if (capacity <= map->capacity)
		return;
	map_allocate(&larger, (SubjectKind) map->set->kind, capacity,
				 GetMemoryChunkContext(map->set));
	while (subject_map_next(map, &entry))
	{
		uint32		position;

		if (entry.position % POLL_EVERY == 0)
			CHECK_FOR_INTERRUPTS();
		(void) subject_set_put(larger.set, capacity, entry.key, &position);
		larger.words[position] = entry.word;
	}
	pfree(map->set);
	*map = larger;
}

/* For subject_map_word(): adds a subject to a map that is full. */
uint64 *
subject_map_grow(SubjectMap *map, SubjectKey key)
{
	uint32		position;

	subject_map_reserve(map, subject_map_count(map) + 1);
	if (subject_set_put(map->set, map->capacity, key, &position) == SUBJECT_SET_FULL)
		report_full();
	map->words[position] = 0;
	return &map->words[position];
}

/* Appends all subjects with their words, in the byte order of this machine. */
void
subject_map_write(const SubjectMap *map, StringInfo message)
{
	uint64		count = subject_map_count(map);
	SubjectMapEntry entry = {0};

	if (count > (MaxAllocSize - message->len) / MESSAGE_ENTRY - 1)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("too many distinct subjects in one group for a parallel plan"),
				 errhint("Set max_parallel_workers_per_gather to 0, or group by smaller cells or shorter buckets.")));
	enlargeStringInfo(message, sizeof(count) + count * MESSAGE_ENTRY);
	appendBinaryStringInfo(message, (char *) &count, sizeof(count));
	while (subject_map_next(map, &entry))
	{
		appendBinaryStringInfo(message, (char *) &entry.key, sizeof(SubjectKey));
		appendBinaryStringInfo(message, (char *) &entry.word, sizeof(uint64));
	}
}

/* The map that was written there. */
void
subject_map_read(SubjectMap *map, SubjectKind kind, StringInfo message,
				 MemoryContext context)
{
	uint64		count;
	SubjectKey	key;

	pq_copymsgbytes(message, (char *) &count, sizeof(count));
	subject_map_init(map, kind, context);
	subject_map_reserve(map, count);
	for (uint64 i = 0; i < count; i++)
	{
		uint64		word;

		if (i % POLL_EVERY == POLL_EVERY - 1)
			CHECK_FOR_INTERRUPTS();
		pq_copymsgbytes(message, (char *) &key, sizeof(key));
		pq_copymsgbytes(message, (char *) &word, sizeof(word));
		*subject_map_word(map, key) = word;
	}
}
