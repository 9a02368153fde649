/*
 * kanon_scan_state.h
 *		KanonScan while it runs: shared by kanon_scan_exec.c and
 *		kanon_scan_explain.c.
 */
#ifndef KANON_SCAN_STATE_H
#define KANON_SCAN_STATE_H

#include "kanon/kanon_scan.h"

#include "access/parallel.h"
#include "commands/explain.h"
#include "nodes/execnodes.h"

typedef enum KeyForm
{
	KEY_BY_VALUE,				/* one word */
	KEY_FIXED,					/* bytes of fixed length */
	KEY_VARLENA					/* with a header of four bytes */
} KeyForm;

typedef struct KeyColumn
{
	KeyForm		form;
	int16		length;
} KeyColumn;

/* An aggregate as it comes out. */
typedef struct AggregateOut
{
	int			op;				/* 0: kanon_suppress, else ExtraOp */
	int			k;				/* which k */
	int			extra;			/* which extra */
	int16		length;			/* of its type */
} AggregateOut;

struct KanonShared;

typedef struct KanonScanState
{
	CustomScanState css;
	RecordFormat format;
	double		expected_bytes;
	int			n_keys;
	KeyColumn	key[MAX_KEYS];
	int			extra_column[MAX_EXTRAS];	/* of the input; -1: count(*) */
	int16		extra_length[MAX_EXTRAS];
	int			n_aggregates;
	AggregateOut *aggregate;
	List	   *k_expressions;
	int			n_k;
	int32	   *k;
	int32		smallest_k;
	bool		detoasts;		/* a row may need memory of its own */
	MemoryContext row_context;
	uint64	   *key_buffer;
	Size		key_buffer_words;
	KanonGroups *groups;		/* NULL: the input is not read yet */
	struct KanonShared *shared; /* NULL: this process does everything */
	bool		ended;			/* shut down: no more rows before a rescan */
	File	   *files;			/* of all participants, opened when needed */
	/* for EXPLAIN: of all runs so far */
	int64		partitions;
	Size		peak_bytes;
	uint64		spilled_bytes;
} KanonScanState;

/* kanon_scan_exec.c, for the parallel part */
extern void kanon_scan_create_groups(KanonScanState *state, double expected_bytes,
									 Size memory);
extern void kanon_scan_append_input(KanonScanState *state);
extern void kanon_scan_evaluate_k(KanonScanState *state);
extern void kanon_scan_forget_groups(KanonScanState *state);

/* kanon_scan_parallel.c */
extern Size kanon_scan_estimate_dsm(CustomScanState *node, ParallelContext *pcxt);
extern void kanon_scan_initialize_dsm(CustomScanState *node, ParallelContext *pcxt,
									  void *coordinate);
extern void kanon_scan_reinitialize_dsm(CustomScanState *node, ParallelContext *pcxt,
										void *coordinate);
extern void kanon_scan_initialize_worker(CustomScanState *node, shm_toc *toc,
										 void *coordinate);
extern void kanon_scan_shutdown(CustomScanState *node);
extern void kanon_scan_share_input(KanonScanState *state);
extern bool kanon_scan_take_partition(KanonScanState *state);
extern void kanon_scan_close_files(KanonScanState *state);

extern void kanon_scan_note_figures(KanonScanState *state);
extern void kanon_scan_explain(CustomScanState *node, List *ancestors, ExplainState *es);

#endif							/* KANON_SCAN_STATE_H */
