/* SPDX-License-Identifier: MIT */
/*
 * json: a streaming writer. Keys and values go straight to a FILE; the writer keeps commas, nesting
 * and escaping right and asserts on misuse (a value without a key in an object, unbalanced ends).
 * Integers are written whole (no doubles in between), so 64-bit counters survive. The caller owns
 * the FILE and checks ferror() at the end.
 */
#ifndef IRQSTORM_SUPPORT_JSON_H
#define IRQSTORM_SUPPORT_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define JSON_MAX_DEPTH 16

struct json {
	FILE *f;
	unsigned int depth;
	bool is_array[JSON_MAX_DEPTH];
	bool has_item[JSON_MAX_DEPTH];
	bool is_row[JSON_MAX_DEPTH];
};

void json_init(struct json *j, FILE *f);
/* @key is NULL inside an array and at the top. */
void json_object_begin(struct json *j, const char *key);
void json_object_end(struct json *j);
void json_array_begin(struct json *j, const char *key);
void json_array_end(struct json *j);
/* An array on one line, with all that is in it; json_array_end() ends it. */
void json_row_begin(struct json *j, const char *key);
void json_u64(struct json *j, const char *key, uint64_t v);
void json_i64(struct json *j, const char *key, int64_t v);
/* NaN and infinities become null: JSON has no words for them. */
void json_double(struct json *j, const char *key, double v);
void json_bool(struct json *j, const char *key, bool v);
/* NULL becomes null; invalid UTF-8 bytes are written as U+FFFD. */
void json_str(struct json *j, const char *key, const char *v);
/* Closes the last level's line; asserts that every level was ended. */
void json_finish(struct json *j);

#endif
