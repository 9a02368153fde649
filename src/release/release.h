/*
 * release.h
 *		The room of the exit: pipelines, buckets of time, publications.
 *
 *		window (window.c)   the buckets that are closed and not yet published
 *		refresh (refresh.c) computing them, as the role that processes for the purpose
 *		progress (progress.c) how far a publication is
 *
 * Everything else is SQL: register.sql, kinds.sql and the kinds, parameters.sql,
 * pipeline.sql, publish.sql, audit.sql.
 */
#ifndef MOBANON_RELEASE_H
#define MOBANON_RELEASE_H

#include "mobanon.h"

#include "cell/bucket.h"

/* The room's own SQLSTATEs: class MR. */
#define ERRCODE_NO_PIPELINE		MAKE_SQLSTATE('M', 'R', '0', '0', '1')

/* ---- progress.c ----------------------------------------------------------- */

extern void progress_phase(const char *phase);

#endif							/* MOBANON_RELEASE_H */
