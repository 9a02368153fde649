/*
 * mobanon.h
 *		What every room of mobanon shares.
 *
 * A room is one stage of the pipeline (see the map in README.md).  This header holds
 * only what all rooms need: the entry points that _PG_init calls, the
 * canonical form of a subject, and the differences between PostgreSQL majors.
 */
#ifndef MOBANON_H
#define MOBANON_H

#include "postgres.h"

#include "fmgr.h"

#if PG_VERSION_NUM < 150000
#error "mobanon needs PostgreSQL 15 or later"
#endif

#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

/* Soft errors came with PostgreSQL 16; before, an error is an error. */
#if PG_VERSION_NUM < 160000
#define ereturn(context, dummy_value, ...) \
	do { (void) (context); ereport(ERROR, __VA_ARGS__); } while (0)
#endif

/* A range is made with soft errors since PostgreSQL 16, a scan for a reason since 18. */
#if PG_VERSION_NUM >= 160000
#define mobanon_make_range(type, lower, upper) make_range(type, lower, upper, false, NULL)
#else
#define mobanon_make_range(type, lower, upper) make_range(type, lower, upper, false)
#endif
#if PG_VERSION_NUM >= 180000
#define mobanon_index_beginscan(rel, index, snapshot, nkeys) index_beginscan(rel, index, snapshot, NULL, nkeys, 0)
#else
#define mobanon_index_beginscan(rel, index, snapshot, nkeys) index_beginscan(rel, index, snapshot, nkeys, 0)
#endif

/* Redundant grouping columns are left out of another place since PostgreSQL 16; rights are asked for by class. */
#if PG_VERSION_NUM >= 160000
#define mobanon_group_clause(root) ((root)->processed_groupClause)
#define mobanon_may_execute(function, role) object_aclcheck(ProcedureRelationId, function, role, ACL_EXECUTE)
#else
#define mobanon_group_clause(root) ((root)->parse->groupClause)
#define mobanon_may_execute(function, role) pg_proc_aclcheck(function, role, ACL_EXECUTE)
#endif

/* PostgreSQL 18 keeps the grouping itself in the range table, and does not count it. */
#if PG_VERSION_NUM >= 180000
#define mobanon_explain_relations(es) ((es)->rtable_size)
#else
#define mobanon_explain_relations(es) list_length((es)->rtable)
#endif

/* PostgreSQL 18 took a parameter away from ExecutorRun(). */
#if PG_VERSION_NUM >= 180000
#define MOBANON_EXECUTOR_RUN_PARAMETERS QueryDesc *query_desc, ScanDirection direction, uint64 count
#define MOBANON_EXECUTOR_RUN_ARGUMENTS query_desc, direction, count
#else
#define MOBANON_EXECUTOR_RUN_PARAMETERS QueryDesc *query_desc, ScanDirection direction, uint64 count, bool once
#define MOBANON_EXECUTOR_RUN_ARGUMENTS query_desc, direction, count, once
#endif

/* The schema of all objects of the extension; it is not relocatable. */
#define MOBANON_SCHEMA "mobanon"

/* Room initialisation, called once from _PG_init() in pipeline order. */
extern void consent_init(void);
extern void pseudonym_init(void);
extern void kanon_init(void);
extern void release_init(void);

/*
 * A subject in canonical form: the bytes of its text.  The bigint
 * 491761234567 and the text '491761234567' are the same subject, so a bigint
 * is written in decimal into the caller's buffer.  No terminating NUL.
 */
typedef struct Subject
{
	const char *bytes;
	int			len;
} Subject;

#define SUBJECT_INT64_BUFFER 24 /* sign, 19 digits, spare */

extern Subject subject_from_text(const text *t);
extern Subject subject_from_int64(int64 value, char buffer[SUBJECT_INT64_BUFFER]);

/* catalog.c */
extern Oid	mobanon_relation(const char *name);

#endif							/* MOBANON_H */
