/* SPDX-License-Identifier: MIT */
/*
 * recipe: the kernels of our own: which fragments (*.config of this folder) go on top of
 * tinyconfig, and what else make is told. A fragment's line that begins with "#? " is asked for;
 * every other one has to be in the finished configuration.
 */
#ifndef IRQSTORM_KERNEL_RECIPE_H
#define IRQSTORM_KERNEL_RECIPE_H

#include <stdbool.h>
#include <stdint.h>

#include "guest/bytes.h"
#include "support/errmsg.h"

struct recipe {
	const char *name;
	const char *const *fragments; /* their texts, NULL-terminated */
	const char *const *vars;      /* words for make's command line, NULL-terminated */
	const char *const *keep;      /* of the finished tree, NULL-terminated */
	uint32_t space_mb;            /* that its objects take */
};

extern const char *const recipe_names[]; /* NULL-terminated */

/* NULL when there is none of that name. */
const struct recipe *recipe_find(const char *name);

/* A number that changes with all that the recipe says. */
uint64_t recipe_hash(const struct recipe *r);

/* Add the fragments as a .config has them. 0 or -ENOMEM. */
int recipe_config(const struct recipe *r, struct bytes *text);

/*
 * Does the finished configuration @config (0-terminated) have what the fragments insist on? 0, or
 * -ENOEXEC with @e (exit 3) that names every option that got lost.
 */
int recipe_check(const struct recipe *r, const char *config, struct errmsg *e);

/* The same of one fragment's text after the other: for tests. */
int recipe_check_fragments(const char *const *fragments, const char *config, struct errmsg *e);

#endif
