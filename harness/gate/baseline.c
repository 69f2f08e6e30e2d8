/* SPDX-License-Identifier: MIT */
#include "gate/baseline.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "support/json.h"
#include "support/version.h"

#define SCHEMA "irqstorm.baseline/2"

int baseline_add(struct baseline *b, const struct baseline_row *row)
{
	struct baseline_row *more = reallocarray(b->at, b->n + 1, sizeof(*more));
	double *ratio = malloc((row->n ? row->n : 1) * sizeof(*ratio));

	if (more)
		b->at = more;
	if (!more || !ratio) {
		free(ratio);
		return -ENOMEM;
	}
	more[b->n] = *row;
	if (row->n)
		memcpy(ratio, row->ratio, row->n * sizeof(*ratio));
	more[b->n++].ratio = ratio;
	return 0;
}

const struct baseline_row *baseline_find(const struct baseline *b, const char *name)
{
	for (size_t i = 0; i < b->n; i++) {
		if (!strcmp(b->at[i].name, name))
			return &b->at[i];
	}
	return NULL;
}

void baseline_free(struct baseline *b)
{
	for (size_t i = 0; i < b->n; i++)
		free(b->at[i].ratio);
	free(b->at);
	memset(b, 0, sizeof(*b));
}

void baseline_write(FILE *f, const struct baseline *b)
{
	struct json j;

	json_init(&j, f);
	json_object_begin(&j, NULL);
	json_str(&j, "schema", SCHEMA);
	json_str(&j, "version", irqstorm_version);
	json_array_begin(&j, "latencies");
	for (size_t i = 0; i < b->n; i++) {
		const struct baseline_row *row = &b->at[i];

		json_object_begin(&j, NULL);
		json_str(&j, "name", row->name);
		json_str(&j, "setting", row->setting);
		json_double(&j, "noise", row->noise);
		json_double(&j, "median_ns", row->ns);
		json_row_begin(&j, "ratio");
		for (size_t k = 0; k < row->n; k++)
			json_double(&j, NULL, row->ratio[k]);
		json_array_end(&j);
		json_object_end(&j);
	}
	json_array_end(&j);
	json_object_end(&j);
	json_finish(&j);
}

static int read_row(const json_t *from, struct baseline *b)
{
	const char *name = json_string_value(json_object_get(from, "name"));
	const char *setting = json_string_value(json_object_get(from, "setting"));
	const json_t *ratio = json_object_get(from, "ratio");
	struct baseline_row row = {.n = json_array_size(ratio)};
	int err = 0;

	row.noise = json_number_value(json_object_get(from, "noise"));
	row.ns = json_number_value(json_object_get(from, "median_ns"));
	if (!name || !setting || strlen(name) >= sizeof(row.name) || row.noise < 0 || !row.n)
		return -EINVAL;
	snprintf(row.name, sizeof(row.name), "%s", name);
	snprintf(row.setting, sizeof(row.setting), "%s", setting);
	row.ratio = malloc(row.n * sizeof(*row.ratio));
	if (!row.ratio)
		return -ENOMEM;
	for (size_t i = 0; i < row.n && !err; i++) {
		row.ratio[i] = json_number_value(json_array_get(ratio, i));
		if (!(row.ratio[i] > 0))
			err = -EINVAL;
	}
	if (!err)
		err = baseline_add(b, &row);
	free(row.ratio);
	return err;
}

int baseline_load(const char *path, struct baseline *b, struct errmsg *e)
{
	const json_t *rows;
	const char *schema;
	json_error_t je;
	json_t *root;
	int err = 0;

	memset(b, 0, sizeof(*b));
	root = json_load_file(path, 0, &je);
	if (!root)
		return errmsg_set(e, -EINVAL, EXIT_ENVIRONMENT,
				  "--baseline %s: line %d: %s; --save-baseline writes one", path,
				  je.line, je.text);
	schema = json_string_value(json_object_get(root, "schema"));
	rows = json_object_get(root, "latencies");
	if (!schema || strcmp(schema, SCHEMA) || !json_is_array(rows))
		err = errmsg_set(e, -EINVAL, EXIT_ENVIRONMENT,
				 "--baseline %s: schema '%s' is not " SCHEMA
				 "; --save-baseline writes one",
				 path, schema ? schema : "");
	for (size_t i = 0; i < json_array_size(rows) && !err; i++) {
		err = read_row(json_array_get(rows, i), b);
		if (err)
			errmsg_set(e, err, EXIT_ENVIRONMENT, "--baseline %s: latency %zu: %s", path,
				   i, strerror(-err));
	}
	if (!err)
		snprintf(b->version, sizeof(b->version), "%.63s",
			 json_string_value(json_object_get(root, "version"))
				 ? json_string_value(json_object_get(root, "version"))
				 : "");
	json_decref(root);
	return err;
}
