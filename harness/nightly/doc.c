/* SPDX-License-Identifier: MIT */
#include "nightly/doc.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "report/value.h"
#include "support/outfile.h"

int doc_load(const char *path, const char *schema, json_t **doc, struct errmsg *e)
{
	json_error_t why;
	FILE *f = fopen(path, "re");
	int err = -errno;

	*doc = NULL;
	if (!f && err == -ENOENT)
		return 0;
	if (!f)
		return errmsg_set(e, err, EXIT_ENVIRONMENT, "cannot read %s: %s", path,
				  strerror(-err));
	*doc = json_loadf(f, 0, &why);
	fclose(f);
	if (!*doc)
		return errmsg_set(e, -EINVAL, EXIT_ENVIRONMENT,
				  "%s is damaged, line %d: %s; move it away and start again", path,
				  why.line, why.text);
	if (doc_is(*doc, "schema", schema))
		return 1;
	json_decref(*doc);
	*doc = NULL;
	return errmsg_set(e, -EINVAL, EXIT_ENVIRONMENT,
			  "%s is not of schema %s; move it away and start again", path, schema);
}

json_t *doc_try(const char *folder, const char *name)
{
	char path[2 * DOC_PATH];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return json_load_file(path, 0, NULL);
}

int doc_save(const char *path, const json_t *doc, struct errmsg *e)
{
	struct outfile out;
	struct json j;
	int err;

	if (!doc)
		return errmsg_no_memory(e);
	err = outfile_open(&out, path, e);
	if (err)
		return err;
	json_init(&j, out.f);
	value_write(&j, NULL, doc);
	json_finish(&j);
	/* its name must not be on the disk before it is */
	if (!fflush(out.f) && fsync(fileno(out.f))) {
		err = -errno;
		outfile_abort(&out);
		return errmsg_set(e, err, EXIT_ENVIRONMENT, "cannot write %s: %s", path,
				  strerror(-err));
	}
	return outfile_commit(&out, e);
}

void doc_text(json_t *o, const char *key, const char *text)
{
	json_object_set_new(o, key, json_stringn_nocheck(text, strlen(text)));
}

void doc_textf(json_t *o, const char *key, const char *fmt, ...)
{
	char text[2 * DOC_PATH];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	doc_text(o, key, text);
}

void doc_number(json_t *o, const char *key, double v)
{
	if (!isfinite(v))
		return;
	/* counts as counts: 3, not 3.0 */
	json_object_set_new(o, key,
			    v == floor(v) && fabs(v) < 1e15 ? json_integer((json_int_t)v)
							    : json_real(v));
}

void doc_count(json_t *o, const char *key, uint64_t v)
{
	json_object_set_new(o, key, json_integer((json_int_t)v));
}

bool doc_is(const json_t *o, const char *key, const char *text)
{
	const char *is = json_string_value(json_object_get(o, key));

	return is && !strcmp(is, text);
}
