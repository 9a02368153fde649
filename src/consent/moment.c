/*
 * moment.c
 *		Notices when a query begins or ends to run.
 */
#include "mobanon.h"

#include "moment.h"

#include "executor/executor.h"

uint64		consent_moment = 1;
MemoryContext consent_running = NULL;

static ExecutorRun_hook_type next_executor_run = NULL;

static void
run(MOBANON_EXECUTOR_RUN_PARAMETERS)
{
	MemoryContext outer = consent_running;

	consent_moment_ends();
	consent_running = query_desc->estate->es_query_cxt;
	PG_TRY();
	{
		if (next_executor_run)
			next_executor_run(MOBANON_EXECUTOR_RUN_ARGUMENTS);
		else
			standard_ExecutorRun(MOBANON_EXECUTOR_RUN_ARGUMENTS);
	}
	PG_FINALLY();
	{
		consent_running = outer;
		consent_moment_ends();
	}
	PG_END_TRY();
}

void
consent_moment_init(void)
{
	next_executor_run = ExecutorRun_hook;
	ExecutorRun_hook = run;
}
