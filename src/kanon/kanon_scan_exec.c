/*
 * kanon_scan_exec.c
 *		KanonScan at work: rows become records, groups become rows.
 */
#include "kanon/kanon_scan_state.h"

#include "catalog/objectaccess.h"
#include "catalog/pg_proc.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/uuid.h"

/* ---- beginning ----------------------------------------------------------- */

/* An Agg node asks for the same right. */
static void
check_may_execute(List *functions)
{
	ListCell   *cell;

	foreach(cell, functions)
	{
		Oid			function = lfirst_oid(cell);
		AclResult	result = mobanon_may_execute(function, GetUserId());

		if (result != ACLCHECK_OK)
			aclcheck_error(result, OBJECT_AGGREGATE, get_func_name(function));
		InvokeFunctionExecuteHook(function);
	}
}

static void
set_key_forms(KanonScanState *state, TupleDesc input)
{
	for (int i = 0; i < state->n_keys; i++)
	{
		Form_pg_attribute column = TupleDescAttr(input, i);

		state->key[i].length = column->attlen;
		if (column->attbyval)
			state->key[i].form = KEY_BY_VALUE;
		else if (column->attlen > 0)
			state->key[i].form = KEY_FIXED;
		else
			state->key[i].form = KEY_VARLENA;
		if (state->key[i].form == KEY_VARLENA)
			state->detoasts = true;
	}
}

/* Layout of a record, and where the input and output of each aggregate is. */
static void
set_aggregates(KanonScanState *state, CustomScan *scan, TupleDesc input)
{
	List	   *ops = list_nth(scan->custom_private, KANON_PRIVATE_OPS);
	List	   *arguments = list_nth(scan->custom_private, KANON_PRIVATE_ARGUMENTS);
	RecordFormat *format = &state->format;
	int			n_k = 0;

	format->subject_words = format->kind == SUBJECT_KIND_BIGINT ? 1 : 2;
	format->key_at = 1 + format->subject_words;
	state->n_aggregates = list_length(ops);
	state->aggregate = palloc0(state->n_aggregates * sizeof(AggregateOut));
	for (int i = 0; i < state->n_aggregates; i++)
	{
		AggregateOut *out = &state->aggregate[i];
		int			op = list_nth_int(ops, i);
		int			column = list_nth_int(arguments, i);

		if (op == 0)
		{
			out->k = n_k++;
			continue;
		}
		out->op = op;
		out->extra = format->n_extras++;
		format->extra_op[out->extra] = op;
		state->extra_column[out->extra] = column;
		out->length = sizeof(int64);
		if (EXTRA_HAS_VALUE(op))
		{
			format->extra_at[out->extra] = format->key_at++;
			state->extra_length[out->extra] = TupleDescAttr(input, column)->attlen;
			/* min and max are of the argument's type, a sum is a bigint */
			if (op != EXTRA_SUM)
				out->length = state->extra_length[out->extra];
		}
	}
}

static void
kanon_scan_begin(CustomScanState *node, EState *estate, int eflags)
{
	KanonScanState *state = (KanonScanState *) node;
	CustomScan *scan = (CustomScan *) node->ss.ps.plan;
	List	   *numbers = list_nth(scan->custom_private, KANON_PRIVATE_NUMBERS);
	PlanState  *child;
	TupleDesc	input;

	/* The planner gave it no backward scan and no marks. */
	Assert(!(eflags & (EXEC_FLAG_BACKWARD | EXEC_FLAG_MARK)));
	eflags &= ~EXEC_FLAG_REWIND;
	child = ExecInitNode(linitial(scan->custom_plans), estate, eflags);
	node->custom_ps = list_make1(child);
	check_may_execute(list_nth(scan->custom_private, KANON_PRIVATE_FUNCTIONS));

	input = ExecGetResultType(child);
	state->n_keys = linitial_int(numbers);
	state->format.kind = lsecond_int(numbers);
	state->expected_bytes = ((Plan *) linitial(scan->custom_plans))->plan_rows *
		lthird_int(numbers);
	state->detoasts = state->format.kind == SUBJECT_KIND_TEXT;
	set_key_forms(state, input);
	set_aggregates(state, scan, input);
	state->n_k = list_length(scan->custom_exprs);
	state->k = palloc0(state->n_k * sizeof(int32));
	state->k_expressions = ExecInitExprList(scan->custom_exprs, &node->ss.ps);
	state->key_buffer_words = 64;
	state->key_buffer = palloc(state->key_buffer_words * sizeof(uint64));
	/* Rows below keep their own memory; this one is for detoasting. */
	state->row_context = AllocSetContextCreate(CurrentMemoryContext, "mobanon row",
											   ALLOCSET_SMALL_SIZES);
}

/* ---- from rows to records ------------------------------------------------ */

/* Evaluates every k, as soon as there is a row; without one k is not looked at. */
void
kanon_scan_evaluate_k(KanonScanState *state)
{
	ExprContext *econtext = state->css.ss.ps.ps_ExprContext;
	int			i = 0;
	ListCell   *cell;

	state->smallest_k = PG_INT32_MAX;
	foreach(cell, state->k_expressions)
	{
		bool		isnull;
		Datum		k = ExecEvalExprSwitchContext(lfirst(cell), econtext, &isnull);

		check_k(isnull, isnull ? 0 : DatumGetInt32(k));
		state->k[i] = DatumGetInt32(k);
		state->smallest_k = Min(state->smallest_k, state->k[i]);
		i++;
	}
}

/* A value that is passed by value, in one word; the same value is the same word. */
static inline int64
word_from_datum(Datum value, int16 length)
{
	switch (length)
	{
		case 1:
			return (uint8) DatumGetChar(value);
		case 2:
			return DatumGetInt16(value);
		case 4:
			return DatumGetInt32(value);
		default:
			return DatumGetInt64(value);
	}
}

static inline Datum
datum_from_word(int64 word, int16 length)
{
	switch (length)
	{
		case 1:
			return CharGetDatum((char) word);
		case 2:
			return Int16GetDatum((int16) word);
		case 4:
			return Int32GetDatum((int32) word);
		default:
			return Int64GetDatum(word);
	}
}

static uint64 *
reserve_key_words(KanonScanState *state, Size used, Size more)
{
	if (used + more > state->key_buffer_words)
	{
		state->key_buffer_words = (used + more) * 2;
		state->key_buffer = repalloc_huge(state->key_buffer,
										  state->key_buffer_words * sizeof(uint64));
	}
	return state->key_buffer + used;
}

/* A key passed by reference, zero-filled to whole words; the words it takes. */
static Size
write_key_image(KanonScanState *state, Size used, const KeyColumn *column, Datum value)
{
	const char *bytes = DatumGetPointer(value);
	Size		length = column->length;
	Size		words;
	uint64	   *to;

	if (column->form == KEY_VARLENA)
	{
		/* One header for equal values, whatever theirs. */
		struct varlena *whole = PG_DETOAST_DATUM(value);

		bytes = (const char *) whole;
		length = VARSIZE(whole);
	}
	words = (length + sizeof(uint64) - 1) / sizeof(uint64);
	to = reserve_key_words(state, used, words);
	to[words - 1] = 0;
	memcpy(to, bytes, length);
	return words;
}

/* Writes the grouping columns into the key buffer; returns their words. */
static inline Size
write_key(KanonScanState *state, const TupleTableSlot *slot, uint64 *head)
{
	Size		used = 0;

	for (int i = 0; i < state->n_keys; i++)
	{
		const KeyColumn *column = &state->key[i];

		if (slot->tts_isnull[i])
			*head |= HEAD_KEY_NULL(i);
		else if (column->form == KEY_BY_VALUE)
		{
			if (unlikely(used == state->key_buffer_words))
				reserve_key_words(state, used, 1);
			state->key_buffer[used++] = word_from_datum(slot->tts_values[i], column->length);
		}
		else
			used += write_key_image(state, used, column, slot->tts_values[i]);
	}
	return used;
}

static inline SubjectKey
subject_from_datum(SubjectKind kind, Datum value)
{
	switch (kind)
	{
		case SUBJECT_KIND_UUID:
			return subject_key_from_bytes(DatumGetUUIDP(value)->data);
		case SUBJECT_KIND_BIGINT:
			return subject_key_from_int64(DatumGetInt64(value));
		default:
			return subject_key_from_text(DatumGetTextPP(value));
	}
}

/* Null bits and values of the further aggregates of a row. */
static uint64
write_extras(KanonScanState *state, const TupleTableSlot *slot, uint64 *values)
{
	const RecordFormat *format = &state->format;
	uint64		nulls = 0;

	for (int i = 0; i < format->n_extras; i++)
	{
		int			column = state->extra_column[i];

		if (column < 0)
			continue;			/* count(*) */
		if (slot->tts_isnull[column])
			nulls |= HEAD_EXTRA_NULL(i);
		if (!EXTRA_HAS_VALUE(format->extra_op[i]))
			continue;
		*values++ = slot->tts_isnull[column] ? 0 :
			word_from_datum(slot->tts_values[column], state->extra_length[i]);
	}
	return nulls;
}

/* Appends one row to the partition of its group. */
static inline void
append_row(KanonScanState *state, const TupleTableSlot *slot)
{
	const RecordFormat *format = &state->format;
	uint64		head = 0;
	uint64		extra_words[MAX_EXTRAS];
	Size		n_key = write_key(state, slot, &head);
	uint64		hash = key_hash(head, state->key_buffer, state->key_buffer + n_key);
	SubjectKey	subject = {0, 0};
	uint64	   *record;

	if (slot->tts_isnull[state->n_keys])
		head |= HEAD_SUBJECT_NULL;
	else
		subject = subject_from_datum(format->kind, slot->tts_values[state->n_keys]);
	if (format->n_extras > 0)
		head |= write_extras(state, slot, extra_words);
	head |= (uint32) (format->key_at + n_key);

	record = partition_append(state->groups->store,
							  kanon_groups_partition(state->groups, hash),
							  format->key_at + n_key);
	record[0] = head;
	record[1] = subject.high;
	if (format->subject_words == 2)
		record[2] = subject.low;
	for (uint32 i = 1 + format->subject_words; i < format->key_at; i++)
		record[i] = extra_words[i - 1 - format->subject_words];
	for (Size i = 0; i < n_key; i++)
		record[format->key_at + i] = state->key_buffer[i];
}

/* No groups yet, with partitions for so many bytes of records. */
void
kanon_scan_create_groups(KanonScanState *state, double expected_bytes, Size memory)
{
	state->groups = kanon_groups_create(state->css.ss.ps.state->es_query_cxt,
										&state->format, expected_bytes, memory);
	state->smallest_k = 0;
}

/* Reads all input of this process. */
void
kanon_scan_append_input(KanonScanState *state)
{
	PlanState  *child = linitial(state->css.custom_ps);
	MemoryContext old;

	old = CurrentMemoryContext;
	for (;;)
	{
		TupleTableSlot *slot = ExecProcNode(child);

		if (TupIsNull(slot))
			break;
		slot_getallattrs(slot);
		if (unlikely(state->smallest_k == 0))
			kanon_scan_evaluate_k(state);
		if (state->detoasts)
		{
			MemoryContextSwitchTo(state->row_context);
			append_row(state, slot);
			MemoryContextSwitchTo(old);
			MemoryContextReset(state->row_context);
		}
		else
			append_row(state, slot);
	}
}

static void
read_input(KanonScanState *state)
{
	if (state->shared)
	{
		kanon_scan_share_input(state);
		return;
	}
	kanon_scan_create_groups(state, state->expected_bytes, get_hash_memory_limit());
	kanon_scan_append_input(state);
	kanon_groups_input_done(state->groups, state->smallest_k);
}

/* ---- from groups to rows ------------------------------------------------- */

static void
read_key(KanonScanState *state, const uint64 *record, TupleTableSlot *slot)
{
	const uint64 *word = record + state->format.key_at;

	for (int i = 0; i < state->n_keys; i++)
	{
		const KeyColumn *column = &state->key[i];

		slot->tts_isnull[i] = (record[0] & HEAD_KEY_NULL(i)) != 0;
		slot->tts_values[i] = (Datum) 0;
		if (slot->tts_isnull[i])
			continue;
		if (column->form == KEY_BY_VALUE)
		{
			slot->tts_values[i] = datum_from_word((int64) *word++, column->length);
			continue;
		}
		slot->tts_values[i] = PointerGetDatum(word);
		if (column->form == KEY_FIXED)
			word += (column->length + 7) / 8;
		else
			word += (VARSIZE(word) + 7) / 8;
	}
}

static void
read_aggregates(KanonScanState *state, const GroupResult *group, TupleTableSlot *slot)
{
	for (int i = 0; i < state->n_aggregates; i++)
	{
		const AggregateOut *out = &state->aggregate[i];
		Datum	   *value = &slot->tts_values[state->n_keys + i];
		bool	   *isnull = &slot->tts_isnull[state->n_keys + i];

		if (out->op == 0)
		{
			*isnull = group->subjects < (uint64) state->k[out->k];
			*value = *isnull ? (Datum) 0 : Int64GetDatum((int64) group->subjects);
		}
		else
		{
			*isnull = EXTRA_HAS_VALUE(out->op) && !(group->seen & (1 << out->extra));
			*value = *isnull ? (Datum) 0 :
				datum_from_word(group->extras[out->extra], out->length);
		}
	}
}

/* The next group of the partitions that are this process's. */
static inline bool
next_group(KanonScanState *state, GroupResult *group)
{
	while (!kanon_groups_next(state->groups, group))
	{
		if (state->shared == NULL || !kanon_scan_take_partition(state))
			return false;
	}
	return true;
}

/* The next row that HAVING lets through. */
static TupleTableSlot *
kanon_scan_exec(CustomScanState *node)
{
	KanonScanState *state = (KanonScanState *) node;
	ExprContext *econtext = node->ss.ps.ps_ExprContext;
	TupleTableSlot *slot = node->ss.ss_ScanTupleSlot;
	GroupResult group;

	if (state->ended)
		return NULL;
	if (state->groups == NULL)
		read_input(state);
	for (;;)
	{
		CHECK_FOR_INTERRUPTS();
		ResetExprContext(econtext);
		ExecClearTuple(slot);
		if (!next_group(state, &group))
			break;
		read_key(state, group.record, slot);
		read_aggregates(state, &group, slot);
		ExecStoreVirtualTuple(slot);
		econtext->ecxt_scantuple = slot;
		if (!ExecQual(node->ss.ps.qual, econtext))
		{
			InstrCountFiltered1(node, 1);
			continue;
		}
		if (node->ss.ps.ps_ProjInfo)
			return ExecProject(node->ss.ps.ps_ProjInfo);
		return slot;
	}
	if (node->ss.ps.ps_ProjInfo)
		return ExecClearTuple(node->ss.ps.ps_ProjInfo->pi_state.resultslot);
	return slot;
}

/* ---- again, and the end -------------------------------------------------- */

/* Keeps the figures for EXPLAIN and lets go of everything else. */
void
kanon_scan_forget_groups(KanonScanState *state)
{
	if (state->groups == NULL)
		return;
	kanon_scan_note_figures(state);
	ExecClearTuple(state->css.ss.ss_ScanTupleSlot);
	kanon_scan_close_files(state);
	kanon_groups_destroy(state->groups);
	state->groups = NULL;
}

static void
kanon_scan_rescan(CustomScanState *node)
{
	PlanState  *child = linitial(node->custom_ps);

	kanon_scan_forget_groups((KanonScanState *) node);
	((KanonScanState *) node)->ended = false;
	if (node->ss.ps.chgParam)
		UpdateChangedParamSet(child, node->ss.ps.chgParam);
	if (child->chgParam == NULL)
		ExecReScan(child);
}

static void
kanon_scan_end(CustomScanState *node)
{
	kanon_scan_forget_groups((KanonScanState *) node);
	ExecEndNode(linitial(node->custom_ps));
}

static const CustomExecMethods kanon_exec_methods = {
	.CustomName = KANON_SCAN_NAME,
	.BeginCustomScan = kanon_scan_begin,
	.ExecCustomScan = kanon_scan_exec,
	.EndCustomScan = kanon_scan_end,
	.ReScanCustomScan = kanon_scan_rescan,
	.EstimateDSMCustomScan = kanon_scan_estimate_dsm,
	.InitializeDSMCustomScan = kanon_scan_initialize_dsm,
	.ReInitializeDSMCustomScan = kanon_scan_reinitialize_dsm,
	.InitializeWorkerCustomScan = kanon_scan_initialize_worker,
	.ShutdownCustomScan = kanon_scan_shutdown,
	.ExplainCustomScan = kanon_scan_explain,
};

/* CreateCustomScanState of KanonScan. */
Node *
kanon_scan_create_state(CustomScan *scan)
{
	KanonScanState *state = palloc0(sizeof(KanonScanState));

	NodeSetTag(state, T_CustomScanState);
	state->css.methods = &kanon_exec_methods;
	return (Node *) state;
}
