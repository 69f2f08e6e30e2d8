/* SPDX-License-Identifier: MIT */
#include "report/value.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

json_t *value_at(const json_t *root, const char *path)
{
	const json_t *at = root;

	while (at && *path) {
		size_t len = strcspn(path, ".");

		if (json_is_array(at))
			at = isdigit((unsigned char)*path)
				     ? json_array_get(at, strtoul(path, NULL, 10))
				     : NULL;
		else
			at = json_object_getn(at, path, len);
		path += len + (path[len] == '.');
	}
	return (json_t *)(uintptr_t)at;
}

double value_number(const json_t *root, const char *path)
{
	const json_t *v = value_at(root, path);

	return json_is_number(v) ? json_number_value(v) : NAN;
}

const char *value_text(const json_t *root, const char *path)
{
	const json_t *v = value_at(root, path);

	return json_is_string(v) ? json_string_value(v) : "";
}

static bool holds_no_object(const json_t *array)
{
	for (size_t i = 0; i < json_array_size(array); i++) {
		const json_t *v = json_array_get(array, i);

		if (json_is_object(v) || (json_is_array(v) && !holds_no_object(v)))
			return false;
	}
	return true;
}

static void write_array(struct json *j, const char *key, const json_t *array)
{
	if (holds_no_object(array))
		json_row_begin(j, key);
	else
		json_array_begin(j, key);
	for (size_t i = 0; i < json_array_size(array); i++)
		value_write(j, NULL, json_array_get(array, i));
	json_array_end(j);
}

static void write_object(struct json *j, const char *key, const json_t *object)
{
	const char *name;
	json_t *v;

	json_object_begin(j, key);
	json_object_foreach((json_t *)(uintptr_t)object, name, v) value_write(j, name, v);
	json_object_end(j);
}

void value_write(struct json *j, const char *key, const json_t *tree)
{
	switch (json_typeof(tree)) {
	case JSON_OBJECT:
		write_object(j, key, tree);
		break;
	case JSON_ARRAY:
		write_array(j, key, tree);
		break;
	case JSON_STRING:
		json_str(j, key, json_string_value(tree));
		break;
	case JSON_INTEGER:
		json_i64(j, key, json_integer_value(tree));
		break;
	case JSON_REAL:
		json_double(j, key, json_real_value(tree));
		break;
	case JSON_TRUE:
	case JSON_FALSE:
		json_bool(j, key, json_is_true(tree));
		break;
	case JSON_NULL:
		json_str(j, key, NULL);
		break;
	}
}

void value_buckets_add(const json_t *rows, struct hist *h)
{
	for (size_t i = 0; i < json_array_size(rows); i++) {
		const json_t *row = json_array_get(rows, i);
		json_int_t top = json_integer_value(json_array_get(row, 0));
		json_int_t n = json_integer_value(json_array_get(row, 1));

		if (top >= 0 && n > 0)
			hist_record_n(h, (uint64_t)top, (uint64_t)n);
	}
}

json_t *value_buckets(const struct hist *h)
{
	json_t *rows = json_array();

	for (uint32_t i = 0; i < HIST_BUCKETS; i++) {
		if (h->bucket[i])
			json_array_append_new(rows,
					      json_pack("[I,I]", (json_int_t)hist_bucket_top(i),
							(json_int_t)h->bucket[i]));
	}
	return rows;
}
