/*
 * guard.h
 *		What guard.c and guard_ddl.c share.
 */
#ifndef MOBANON_GUARD_H
#define MOBANON_GUARD_H

#include "mobanon.h"

extern bool guard_is_protected(Oid relid);
extern bool guard_reads_around_policies(void);
extern void guard_ddl_init(void);

#endif							/* MOBANON_GUARD_H */
