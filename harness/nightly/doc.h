/* SPDX-License-Identifier: MIT */
/*
 * doc: the JSON documents of a nightly folder: read whole, written whole (a rename, on the disk
 * before it), and the small words of jansson that this folder needs again and again.
 */
#ifndef IRQSTORM_NIGHTLY_DOC_H
#define IRQSTORM_NIGHTLY_DOC_H

#include <jansson.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "support/errmsg.h"

#define DOC_PATH (PATH_MAX + 512)

/*
 * 1: read into *@doc, to be given back by json_decref(); 0: there is no such file; -errno with @e
 * (exit 3): it cannot be read, is damaged, or is of another @schema.
 */
int doc_load(const char *path, const char *schema, json_t **doc, struct errmsg *e);
/* The file @name in @folder, where a missing or damaged one is as good as none. NULL: none. */
json_t *doc_try(const char *folder, const char *name);
/* 0 or -errno with @e (exit 3); what was there stays then. */
int doc_save(const char *path, const json_t *doc, struct errmsg *e);

/* Into the object @o; jansson remembers no failure: doc_save() of a tree with holes shows it. */
void doc_text(json_t *o, const char *key, const char *text);
__attribute__((format(printf, 3, 4))) void doc_textf(json_t *o, const char *key, const char *fmt,
						     ...);
void doc_number(json_t *o, const char *key, double v); /* what is not finite is left out */
void doc_count(json_t *o, const char *key, uint64_t v);

/* Whether @o has @key with exactly @text. */
bool doc_is(const json_t *o, const char *key, const char *text);

#endif
