/* SPDX-License-Identifier: MIT */
#include "support/json.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "support/must.h"

void json_init(struct json *j, FILE *f)
{
	memset(j, 0, sizeof(*j));
	j->f = f;
}

/* Length of the valid UTF-8 sequence at @s, 0 if there is none. */
static size_t utf8_len(const unsigned char *s)
{
	static const struct {
		unsigned char mask, lead;
		size_t len;
		uint32_t min;
	} forms[] = {{0xe0, 0xc0, 2, 0x80}, {0xf0, 0xe0, 3, 0x800}, {0xf8, 0xf0, 4, 0x10000}};

	if (*s < 0x80)
		return 1;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		uint32_t cp = *s & (unsigned char)~forms[i].mask;
		size_t k;

		if ((*s & forms[i].mask) != forms[i].lead)
			continue;
		for (k = 1; k < forms[i].len && (s[k] & 0xc0) == 0x80; k++)
			cp = cp << 6 | (s[k] & 0x3f);
		if (k < forms[i].len || cp < forms[i].min || cp > 0x10ffff ||
		    (cp >= 0xd800 && cp < 0xe000))
			return 0;
		return forms[i].len;
	}
	return 0;
}

static void put_string(struct json *j, const char *text)
{
	const unsigned char *s = (const unsigned char *)text;

	fputc('"', j->f);
	while (*s) {
		size_t len = utf8_len(s);

		if (!len) {
			fputs("\\ufffd", j->f);
			len = 1;
		} else if (*s == '"' || *s == '\\') {
			fprintf(j->f, "\\%c", *s);
		} else if (*s == '\n') {
			fputs("\\n", j->f);
		} else if (*s < 0x20 || *s == 0x7f) {
			fprintf(j->f, "\\u%04x", *s);
		} else {
			fwrite(s, 1, len, j->f);
		}
		s += len;
	}
	fputc('"', j->f);
}

static void begin_item(struct json *j, const char *key)
{
	if (!j->depth) {
		must(!key);
		return;
	}
	must(!!key == !j->is_array[j->depth - 1]);
	if (j->has_item[j->depth - 1])
		fputc(',', j->f);
	if (j->is_row[j->depth - 1]) {
		fputs(j->has_item[j->depth - 1] ? " " : "", j->f);
	} else {
		fputc('\n', j->f);
		for (unsigned int i = 0; i < j->depth; i++)
			fputs("  ", j->f);
	}
	j->has_item[j->depth - 1] = true;
	if (key) {
		put_string(j, key);
		fputs(": ", j->f);
	}
}

static void open_level(struct json *j, const char *key, bool array, bool row)
{
	begin_item(j, key);
	must(j->depth < JSON_MAX_DEPTH);
	j->is_array[j->depth] = array;
	j->has_item[j->depth] = false;
	j->is_row[j->depth] = row || (j->depth && j->is_row[j->depth - 1]);
	j->depth++;
	fputc(array ? '[' : '{', j->f);
}

static void close_level(struct json *j, bool array)
{
	must(j->depth && j->is_array[j->depth - 1] == array);
	j->depth--;
	if (j->has_item[j->depth] && !j->is_row[j->depth]) {
		fputc('\n', j->f);
		for (unsigned int i = 0; i < j->depth; i++)
			fputs("  ", j->f);
	}
	fputc(array ? ']' : '}', j->f);
}

void json_object_begin(struct json *j, const char *key)
{
	open_level(j, key, false, false);
}

void json_object_end(struct json *j)
{
	close_level(j, false);
}

void json_array_begin(struct json *j, const char *key)
{
	open_level(j, key, true, false);
}

void json_row_begin(struct json *j, const char *key)
{
	open_level(j, key, true, true);
}

void json_array_end(struct json *j)
{
	close_level(j, true);
}

void json_u64(struct json *j, const char *key, uint64_t v)
{
	begin_item(j, key);
	fprintf(j->f, "%" PRIu64, v);
}

void json_i64(struct json *j, const char *key, int64_t v)
{
	begin_item(j, key);
	fprintf(j->f, "%" PRId64, v);
}

void json_double(struct json *j, const char *key, double v)
{
	begin_item(j, key);
	if (isfinite(v))
		fprintf(j->f, "%.9g", v);
	else
		fputs("null", j->f);
}

void json_bool(struct json *j, const char *key, bool v)
{
	begin_item(j, key);
	fputs(v ? "true" : "false", j->f);
}

void json_str(struct json *j, const char *key, const char *v)
{
	begin_item(j, key);
	if (v)
		put_string(j, v);
	else
		fputs("null", j->f);
}

void json_finish(struct json *j)
{
	must(!j->depth);
	fputc('\n', j->f);
}
