/* SPDX-License-Identifier: MIT */
#include "bench/tree.h"

#include <stdio.h>
#include <stdlib.h>

json_t *tree_of_stress(const struct stress_report *r)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);
	json_t *tree = NULL;
	struct json j;

	if (!f)
		return NULL;
	json_init(&j, f);
	stress_report_json(r, &j, NULL);
	json_finish(&j);
	if (!fclose(f))
		tree = json_loads(text, 0, NULL);
	free(text);
	return tree;
}
