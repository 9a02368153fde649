/*
 * release.h
 *		The room of the exit: pipelines, buckets of time, publications.
 *
 *		window (window.c)   the buckets that are closed and not yet published
 *		refresh (refresh.c) computing them, as the role that processes for the purpose
 *
 * Everything else is SQL: register.sql, pipeline.sql, publish.sql, audit.sql.
 */
#ifndef MOBANON_RELEASE_H
#define MOBANON_RELEASE_H

#include "mobanon.h"

#include "cell/bucket.h"

/* The room's own SQLSTATEs: class MR. */
#define ERRCODE_NO_PIPELINE		MAKE_SQLSTATE('M', 'R', '0', '0', '1')

#endif							/* MOBANON_RELEASE_H */
