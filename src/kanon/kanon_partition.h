/*
 * kanon_partition.h
 *		Partitions: records in chunks, in memory up to a limit, beyond it in a
 *		temporary file.
 *
 * A record is a run of 64-bit words whose first says in its low half how many
 * they are.  Records are appended to a partition and later taken back chunk by
 * chunk; order does not matter.  A full chunk stays in memory while the store
 * is within its limit, and is written to the one temporary file of the store
 * otherwise, so each partition may be partly here and partly there.
 */
#ifndef KANON_PARTITION_H
#define KANON_PARTITION_H

#include "mobanon.h"

#include "storage/fd.h"
#include "storage/fileset.h"

/* A chunk fills whole blocks of the file, this header included. */
typedef struct PartitionChunk
{
	struct PartitionChunk *next;	/* in memory: the partition's chunk before */
	int64		before;			/* in the file: block of the chunk before, or -1 */
	uint32		blocks;
	uint32		used;			/* words */
	uint64		words[FLEXIBLE_ARRAY_MEMBER];
} PartitionChunk;

typedef struct Partition
{
	uint64	   *write;			/* free space of the newest chunk ... */
	uint64	   *end;			/* ... and its end */
	PartitionChunk *chunks;		/* in memory, newest first */
	int64		spilled;		/* block of the newest chunk in the file, or -1 */
	uint64		records;
	uint64		bytes;
} Partition;

typedef struct PartitionStore
{
	MemoryContext context;
	uint32		chunk_blocks;	/* blocks of a usual chunk */
	Size		limit;			/* bytes of chunks that may stay in memory */
	Size		chunk_bytes;	/* bytes of chunks, in use or free */
	Size		work_bytes;		/* bytes that the owner works with besides */
	Size		peak_bytes;		/* largest sum of both */
	PartitionChunk *free;		/* usual chunks to be used again */
	FileSet    *file_set;		/* where the file is made; NULL: the process's own */
	char		file_name[32];
	File		file;			/* NO_FILE: none yet */
	int64		file_blocks;
	int64	   *free_places;	/* blocks of the file to be used again */
	Size		n_free_places;
	Size		max_free_places;
	uint64		spilled_bytes;	/* written in all */
} PartitionStore;

#define NO_FILE 0				/* no file of fd.c has this number */

#define RECORD_WORDS(record) ((uint32) (record)[0])

extern PartitionStore *partition_store_create(MemoryContext parent, Size limit,
											  Size chunk_bytes);
extern void partition_store_destroy(PartitionStore *store);
extern void partition_store_work(PartitionStore *store, Size before, Size after);

extern void partition_init(Partition *partition);
extern uint64 *partition_extend(PartitionStore *store, Partition *partition,
								uint32 words);
extern PartitionChunk *partition_take(PartitionStore *store, Partition *partition);
extern void partition_load(PartitionStore *store, Partition *partition);
extern void partition_drop(PartitionStore *store, Partition *partition);
extern void partition_export(PartitionStore *store, Partition *partition);
extern void partition_store_export(PartitionStore *store);
extern void partition_import(PartitionStore *store, Partition *partition,
							 File file, int64 place);
extern void partition_release(PartitionStore *store, PartitionChunk *chunk);

/* Room for a record of that many words; the caller writes it at once. */
static inline uint64 *
partition_append(PartitionStore *store, Partition *partition, uint32 words)
{
	uint64	   *place = partition->write;

	if (unlikely(words > (Size) (partition->end - place)))
		place = partition_extend(store, partition, words);
	partition->write = place + words;
	partition->records++;
	partition->bytes += words * sizeof(uint64);
	return place;
}

#endif							/* KANON_PARTITION_H */
