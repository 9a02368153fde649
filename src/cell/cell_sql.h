/*
 * cell_sql.h
 *		What the glue of this room shares: cells as Datums, arguments, errors.
 */
#ifndef MOBANON_CELL_SQL_H
#define MOBANON_CELL_SQL_H

#include "mobanon.h"

#include "cell/cell.h"

#define DatumGetCell(datum)	  ((Cell) DatumGetInt64(datum))
#define CellGetDatum(cell)	  Int64GetDatum((int64) (cell))
#define PG_GETARG_CELL(n)	  DatumGetCell(PG_GETARG_DATUM(n))
#define PG_RETURN_CELL(cell)  return CellGetDatum(cell)

/* coarsen.c */
extern Resolution resolution_arg(text *name);
extern void report_position(PositionStatus status, Resolution resolution);

#endif							/* MOBANON_CELL_SQL_H */
