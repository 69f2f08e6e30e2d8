/* SPDX-License-Identifier: MIT */
#include "report/load.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report/summary.h"
#include "report/value.h"
#include "support/stopped.h"

/* The seed that became a real number, as its text in @f has it. */
static void restore_seed(json_t *doc, FILE *f)
{
	static const char key[] = "\"seed\":";
	char *text = NULL, *at;
	size_t size = 0;
	ssize_t n;

	rewind(f);
	n = getdelim(&text, &size, '\0', f);
	at = n > 0 ? strstr(text, key) : NULL;
	if (at && json_is_real(json_object_get(doc, "seed"))) {
		unsigned long long seed = strtoull(at + sizeof(key) - 1, NULL, 10);
		char hex[24];

		snprintf(hex, sizeof(hex), "0x%llx", seed);
		json_object_set_new(doc, "seed", json_string(hex));
	}
	free(text);
}

static json_t *read_json(const char *path, struct errmsg *e)
{
	json_error_t why;
	json_t *doc;
	FILE *f = fopen(path, "re");

	if (!f) {
		errmsg_set(e, -errno, EXIT_ENVIRONMENT, "cannot read %s: %s", path,
			   strerror(errno));
		return NULL;
	}
	doc = json_loadf(f, 0, &why);
	/* A seed of diff is any number of 64 bits, which jansson takes as a real one or not at all.
	 */
	if (!doc && json_error_code(&why) == json_error_numeric_overflow) {
		rewind(f);
		doc = json_loadf(f, JSON_DECODE_INT_AS_REAL, &why);
		restore_seed(doc, f);
	}
	if (!doc)
		errmsg_set(e, -EINVAL, ferror(f) ? EXIT_ENVIRONMENT : EXIT_USAGE,
			   "%s is not JSON: line %d: %s", path, why.line, why.text);
	fclose(f);
	return doc;
}

static json_t *read_file(const char *path, struct errmsg *e)
{
	json_t *doc;

	stopped_ends_input(true);
	doc = read_json(path, e);
	stopped_ends_input(false);
	return doc;
}

static const char schema_prefix[] = "irqstorm.";

static void set_kind(const char *schema, char *kind, size_t size)
{
	bool stress =
		!strcmp(schema, "irqstorm.stress/1") || !strcmp(schema, "irqstorm.bench-cell/1");

	schema += sizeof(schema_prefix) - 1;
	snprintf(kind, size, "%.*s", stress ? 6 : (int)strcspn(schema, "/"),
		 stress ? "stress" : schema);
}

/* What a document is, by its schema; @kind NULL: a storm, or nothing. */
static json_t *understand(json_t *doc, const char *path, char *kind, size_t size, struct errmsg *e)
{
	const char *schema = value_text(doc, "schema");
	bool ours = !strncmp(schema, schema_prefix, sizeof(schema_prefix) - 1);
	json_t *summary = NULL;

	if (kind && ours)
		set_kind(schema, kind, size);
	if (kind && ours && !load_is_storm(kind))
		return doc;

	if (!strcmp(schema, SUMMARY_SCHEMA)) {
		json_t *cell;
		size_t i;

		json_array_foreach(json_object_get(doc, "cells"), i, cell)
		{
			if (json_object_get(cell, "counts"))
				summary_lost_per_million(cell);
		}
		return doc;
	}
	if (!strcmp(schema, "irqstorm.stress/1"))
		summary = summary_of_stress(doc);
	else if (!strcmp(schema, "irqstorm.bench-cell/1") && json_object_get(doc, "stress"))
		summary = summary_of_stress(json_object_get(doc, "stress"));
	else
		errmsg_set(e, -EINVAL, EXIT_USAGE, "%s: schema \"%s\" is none of irqstorm%s", path,
			   schema, kind ? "" : " stress or bench");
	json_decref(doc);
	return summary;
}

static json_t *load_folder(const char *dir, char *kind, size_t size, struct errmsg *e)
{
	json_t *doc = NULL;
	char *path, *manifest = NULL;

	if (asprintf(&path, "%s/summary.json", dir) < 0) {
		errmsg_set(e, -ENOMEM, EXIT_ENVIRONMENT, "out of memory");
		return NULL;
	}
	if (!access(path, F_OK)) {
		doc = read_file(path, e);
		doc = doc ? understand(doc, path, kind, size, e) : NULL;
	} else if (asprintf(&manifest, "%s/manifest.json", dir) >= 0 && !access(manifest, F_OK)) {
		errmsg_set(e, -ENOENT, EXIT_ENVIRONMENT,
			   "%s: no round of this bench is complete yet; the command in its "
			   "manifest.json goes on with it",
			   dir);
	} else {
		errmsg_set(e, -ENOENT, EXIT_USAGE, "%s is no folder of irqstorm bench --out", dir);
	}
	free(manifest);
	free(path);
	return doc;
}

bool load_is_storm(const char *kind)
{
	return !strcmp(kind, "stress") || !strcmp(kind, "bench");
}

json_t *load_result(const char *path, char *kind, size_t size, struct errmsg *e)
{
	struct stat st;
	json_t *doc;

	if (!stat(path, &st) && S_ISDIR(st.st_mode))
		return load_folder(path, kind, size, e);
	doc = read_file(path, e);
	return doc ? understand(doc, path, kind, size, e) : NULL;
}

json_t *load_summary(const char *path, struct errmsg *e)
{
	return load_result(path, NULL, 0, e);
}
