/* SPDX-License-Identifier: MIT */
/*
 * value: reading and writing trees of JSON. A path names a value inside one: keys and array
 * indices, with dots in between ("cells.0.metrics.response_p50_ns.median"). What is not there, or
 * null, or of another type, is NaN, "" or NULL: reports show it as missing.
 */
#ifndef IRQSTORM_REPORT_VALUE_H
#define IRQSTORM_REPORT_VALUE_H

#include <jansson.h>

#include "support/hist.h"
#include "support/json.h"

/* Borrowed; NULL: not there. */
json_t *value_at(const json_t *root, const char *path);
double value_number(const json_t *root, const char *path);
const char *value_text(const json_t *root, const char *path);

/* @tree through the writer: arrays that hold no object on one line. */
void value_write(struct json *j, const char *key, const json_t *tree);

/* Rows of [top of the bucket, count] into @h; and the way back. @rows NULL: nothing. */
void value_buckets_add(const json_t *rows, struct hist *h);
json_t *value_buckets(const struct hist *h);

#endif
