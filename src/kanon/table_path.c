/*
 * table_path.c
 *		The paths on one axis that a withheld row may take part in.
 */
#include "kanon/table_move.h"

/* The row that differs from a row in its node of one axis, or -1. */
int32
row_on_line(const Withholding *w, int32 row, int axis, int32 node)
{
	const Axes *axes = w->axes;
	const Axis *a = &axes->axis[axis];

	return table_find(w->table, w->table->code[row]
					  - a->code[axes->node[row * axes->axes + axis]] + a->code[node]);
}

/* Appends a node to a path; false when its row on the line of row cannot have this sign. */
static bool
path_append(const Withholding *w, int32 row, int axis, Path *path, int32 node, int sign)
{
	int32		other = row_on_line(w, row, axis, node);

	if (other < 0 || !row_fits(w, row, other, sign))
		return false;
	path->node[path->nodes] = node;
	path->sign[path->nodes] = (int8) sign;
	path->nodes++;
	path->cost += row_cost(w, other);
	return true;
}

/* Goes on from the last node of a path down to a leaf, by the cheapest child each time. */
static bool
path_descend(const Withholding *w, int32 row, int axis, Path *path)
{
	const Axis *a = &w->axes->axis[axis];

	for (;;)
	{
		int32		node = path->node[path->nodes - 1];
		int			sign = path->sign[path->nodes - 1];
		Path		best = *path;
		bool		found = false;

		if (axis_children(a, node) == 0)
			return true;
		for (int32 c = a->first_child[node]; c < a->first_child[node + 1]; c++)
		{
			Path		longer = *path;

			if (path_append(w, row, axis, &longer, a->child[c], sign) &&
				(!found || longer.cost < best.cost))
			{
				best = longer;
				found = true;
			}
		}
		if (!found)
			return false;
		*path = best;
	}
}

/* Keeps the cheapest paths, of equal ones the first come. */
static void
list_add(PathList *list, const Path *path, int max)
{
	int			at = list->paths;

	if (at == max)
	{
		if (list->path[max - 1].cost <= path->cost)
			return;
		at--;
	}
	else
		list->paths++;
	while (at > 0 && list->path[at - 1].cost > path->cost)
	{
		list->path[at] = list->path[at - 1];
		at--;
	}
	list->path[at] = *path;
}

/*
 * From a path that ends at a leaf below node: over to a sibling of node or of
 * any total above it, or up to the last total.
 */
static void
list_ways_up(const Withholding *w, int32 row, int axis, int32 node, Path path, PathList *list, Path *to_root)
{
	const Axis *a = &w->axes->axis[axis];

	for (;;)
	{
		int32		parent = a->parent[node];

		if (parent < 0)
		{
			if (to_root->nodes == 0 || path.cost < to_root->cost)
				*to_root = path;
			return;
		}
		for (int32 c = a->first_child[parent]; c < a->first_child[parent + 1]; c++)
		{
			Path		over = path;

			if (a->child[c] != node &&
				path_append(w, row, axis, &over, a->child[c], -1) &&
				path_descend(w, row, axis, &over))
				list_add(list, &over, w->max_paths);
		}
		if (!path_append(w, row, axis, &path, parent, 1))
			return;
		node = parent;
	}
}

/* The paths through a row's node of an axis, the cheapest to the last total always among them. */
void
list_paths(const Withholding *w, int32 row, int axis, PathList *list)
{
	const Axis *a = &w->axes->axis[axis];
	int32		node = w->axes->node[row * w->axes->axes + axis];
	Path		stem = {0};
	Path		to_root = {0};

	list->paths = 0;
	path_append(w, row, axis, &stem, node, 1);
	if (axis_children(a, node) == 0)
		list_ways_up(w, row, axis, node, stem, list, &to_root);
	for (int32 c = a->first_child[node]; c < a->first_child[node + 1]; c++)
	{
		Path		longer = stem;

		if (path_append(w, row, axis, &longer, a->child[c], 1) &&
			path_descend(w, row, axis, &longer))
			list_ways_up(w, row, axis, node, longer, list, &to_root);
	}
	if (to_root.nodes > 0)
	{
		if (list->paths < w->max_paths)
			list_add(list, &to_root, w->max_paths);
		else if (list->path[list->paths - 1].cost > to_root.cost)
			list_add(list, &to_root, w->max_paths);
		else
			list->path[list->paths - 1] = to_root;
	}
}
