/* SPDX-License-Identifier: MIT */
/*
 * corpus: folders of inputs, named by content (sha1.h), so that importing the same one twice
 * changes nothing. A file appears whole or not at all. Functions return 0 or -errno with @e, which
 * names the file (exit 3).
 */
#ifndef IRQSTORM_CAMPAIGN_CORPUS_H
#define IRQSTORM_CAMPAIGN_CORPUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "support/errmsg.h"

struct corpus_import {
	uint64_t seen, added;
};

/* The inputs in folder @from and, if @deep, below it. Files that no input can be are left out. */
int corpus_import(const char *to, const char *from, bool deep, struct corpus_import *n,
		  struct errmsg *e);
/* One input, from a file or from memory. 1 when it was there. */
int corpus_import_file(const char *to, const char *file, struct errmsg *e);
int corpus_add(const char *to, const void *data, size_t len, struct errmsg *e);
/* How many inputs are in @dir, all of them whole: named by content; 0 when one is not. */
uint64_t corpus_verify(const char *dir);
uint64_t corpus_count(const char *dir);
/* Calls @each with every plain file below @dir, in the order of names, until it returns non-zero.
 */
int corpus_walk(const char *dir, bool deep, int (*each)(void *data, const char *path), void *data);

#endif
