/*
 * cell_index.c
 *		@> and <@ between cells, and how a btree or BRIN index answers them.
 *
 * What lies in a cell lies between the cell and cell_last_inside(cell) in the
 * order of the index.  So "column <@ x" becomes
 *
 *		column >= x AND column <= cell_last_inside(x)
 *
 * On the quadtree the range holds nothing else; on the European grid cells of
 * sizes that do not divide can lie between, so the operator is checked again.
 */
#include "cell/cell_sql.h"

#include "access/stratnum.h"
#include "catalog/pg_am.h"
#include "catalog/pg_opfamily.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "nodes/supportnodes.h"
#include "optimizer/optimizer.h"
#include "parser/parse_func.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

PG_FUNCTION_INFO_V1(cell_contains);
PG_FUNCTION_INFO_V1(cell_contained);
PG_FUNCTION_INFO_V1(cell_last_inside_sql);
PG_FUNCTION_INFO_V1(cell_contained_support);
PG_FUNCTION_INFO_V1(cell_contains_support);

/* cell @> cell: the right one is the left one or lies in it. */
Datum
cell_contains(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(cell_holds(PG_GETARG_CELL(0), PG_GETARG_CELL(1)));
}

/* cell <@ cell: the left one is the right one or lies in it. */
Datum
cell_contained(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(cell_holds(PG_GETARG_CELL(1), PG_GETARG_CELL(0)));
}

/*
 * cell_last_inside(cell) returns cell
 *
 * The last cell in the cell, in the order of cells: the upper end of the range
 * that index conditions use.
 */
Datum
cell_last_inside_sql(PG_FUNCTION_ARGS)
{
	PG_RETURN_CELL(cell_last_inside(PG_GETARG_CELL(0)));
}

/* Whether the index orders cells as we do: btree, or minmax BRIN. */
static bool
is_ordered(Oid opfamily)
{
	HeapTuple	tuple = SearchSysCache1(OPFAMILYOID, ObjectIdGetDatum(opfamily));
	Oid			method;

	if (!HeapTupleIsValid(tuple))
		return false;
	method = ((Form_pg_opfamily) GETSTRUCT(tuple))->opfmethod;
	ReleaseSysCache(tuple);
	return method == BTREE_AM_OID || method == BRIN_AM_OID;
}

/* cell_last_inside(outer), the function found next to the operator's. */
static Node *
range_end(Oid operator_function, Node *outer, Oid cell_type)
{
	List	   *name = list_make2(makeString(get_namespace_name(get_func_namespace(operator_function))),
								  makeString("cell_last_inside"));
	Oid			function = LookupFuncName(name, 1, &cell_type, true);

	if (!OidIsValid(function))
		return NULL;
	return (Node *) makeFuncExpr(function, cell_type, list_make1(copyObject(outer)),
								 InvalidOid, InvalidOid, COERCE_EXPLICIT_CALL);
}

/* The two conditions that stand for "inner <@ outer" in an index on inner. */
static List *
range_conditions(SupportRequestIndexCondition *request, Node *inner, Node *outer)
{
	Oid			cell_type = exprType(outer);
	Oid			at_least = get_opfamily_member(request->opfamily, cell_type, cell_type, BTGreaterEqualStrategyNumber);
	Oid			at_most = get_opfamily_member(request->opfamily, cell_type, cell_type, BTLessEqualStrategyNumber);
	Node	   *end;

	/* The bound may be computed per execution (a parameter), not per row. */
	if (!is_pseudo_constant_for_index(request->root, outer, request->index) ||
		!OidIsValid(at_least) || !OidIsValid(at_most))
		return NIL;
	end = range_end(request->funcid, outer, cell_type);
	if (end == NULL)
		return NIL;

	request->lossy = true;
	if (IsA(outer, Const) && !((Const *) outer)->constisnull)
	{
		Cell		cell = DatumGetCell(((Const *) outer)->constvalue);

		request->lossy = RESOLUTION_GRID(cell_resolution_of(cell)) != GRID_WORLD;
		end = eval_const_expressions(request->root, end);
	}
	return list_make2(make_opclause(at_least, BOOLOID, false, (Expr *) inner, (Expr *) outer, InvalidOid, InvalidOid),
					  make_opclause(at_most, BOOLOID, false, (Expr *) inner, (Expr *) end, InvalidOid, InvalidOid));
}

/* inner_at: which argument of the operator is the cell inside. */
static Datum
support(FunctionCallInfo fcinfo, int inner_at)
{
	Node	   *node = (Node *) PG_GETARG_POINTER(0);
	SupportRequestIndexCondition *request;
	List	   *args;

	if (!IsA(node, SupportRequestIndexCondition))
		PG_RETURN_POINTER(NULL);
	request = (SupportRequestIndexCondition *) node;
	if (request->indexarg != inner_at || !is_ordered(request->opfamily))
		PG_RETURN_POINTER(NULL);
	if (is_opclause(request->node))
		args = ((OpExpr *) request->node)->args;
	else if (is_funcclause(request->node))
		args = ((FuncExpr *) request->node)->args;
	else
		PG_RETURN_POINTER(NULL);
	if (list_length(args) != 2)
		PG_RETURN_POINTER(NULL);
	PG_RETURN_POINTER(range_conditions(request, (Node *) list_nth(args, inner_at),
									   (Node *) list_nth(args, 1 - inner_at)));
}

/* Planner support of cell_contained: column <@ cell. */
Datum
cell_contained_support(PG_FUNCTION_ARGS)
{
	return support(fcinfo, 0);
}

/* Planner support of cell_contains: cell @> column. */
Datum
cell_contains_support(PG_FUNCTION_ARGS)
{
	return support(fcinfo, 1);
}
