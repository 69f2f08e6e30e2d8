/* SPDX-License-Identifier: MIT */
#include "campaign/state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "support/json.h"
#include "support/outfile.h"
#include "support/version.h"

#define SCHEMA "irqstorm.campaign/1"

enum kind { KIND_TEXT, KIND_COUNT, KIND_SECONDS };

/* One table writes and reads, so that neither forgets what the other knows. */
struct field {
	const char *name;
	enum kind kind;
	size_t offset, size;
};

#define STATE(k, f)                                                                                \
	{                                                                                          \
#f, k, offsetof(struct campaign_state, f), sizeof(((struct campaign_state *)0)->f) \
	}
#define FINDING(k, f)                                                                              \
	{                                                                                          \
#f, k, offsetof(struct campaign_finding, f),                                       \
			sizeof(((struct campaign_finding *)0)->f)                                  \
	}

static const struct field state_fields[] = {
	STATE(KIND_TEXT, engine),    STATE(KIND_TEXT, target), STATE(KIND_COUNT, seed),
	STATE(KIND_COUNT, sessions), STATE(KIND_COUNT, execs), STATE(KIND_SECONDS, seconds),
	STATE(KIND_COUNT, corpus),
};
static const struct field finding_fields[] = {
	FINDING(KIND_TEXT, key),         FINDING(KIND_TEXT, folder),
	FINDING(KIND_TEXT, what),        FINDING(KIND_COUNT, hits),
	FINDING(KIND_COUNT, execs),      FINDING(KIND_SECONDS, seconds),
	FINDING(KIND_COUNT, session),    FINDING(KIND_COUNT, replays),
	FINDING(KIND_COUNT, shown),      FINDING(KIND_COUNT, ops),
	FINDING(KIND_COUNT, ops_min),    FINDING(KIND_TEXT, repeat),
	FINDING(KIND_TEXT, program_key),
};

#define N(table) (sizeof(table) / sizeof((table)[0]))

struct campaign_finding *state_finding(const struct campaign_state *s, const char *key)
{
	for (size_t i = 0; i < s->n_findings; i++) {
		if (!strcmp(s->findings[i].key, key))
			return &s->findings[i];
	}
	return NULL;
}

struct campaign_finding *state_add(struct campaign_state *s, const char *key)
{
	size_t n = s->n_findings;
	struct campaign_finding *grown = reallocarray(s->findings, n + 1, sizeof(*grown));

	if (!grown)
		return NULL;
	s->findings = grown;
	s->n_findings = n + 1;
	memset(&grown[n], 0, sizeof(*grown));
	strncpy(grown[n].key, key, sizeof(grown[n].key) - 1);
	return &grown[n];
}

void state_free(struct campaign_state *s)
{
	free(s->findings);
	memset(s, 0, sizeof(*s));
}

static void put_fields(struct json *j, const void *from, const struct field *fields, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const void *at = (const char *)from + fields[i].offset;

		switch (fields[i].kind) {
		case KIND_TEXT:
			json_str(j, fields[i].name, at);
			break;
		case KIND_COUNT:
			json_u64(j, fields[i].name, *(const uint64_t *)at);
			break;
		case KIND_SECONDS:
			json_double(j, fields[i].name, *(const double *)at);
			break;
		}
	}
}

void state_print(FILE *f, const struct campaign_state *s)
{
	struct json j;

	json_init(&j, f);
	json_object_begin(&j, NULL);
	json_str(&j, "schema", SCHEMA);
	json_str(&j, "version", irqstorm_version);
	put_fields(&j, s, state_fields, N(state_fields));
	json_array_begin(&j, "findings");
	for (size_t i = 0; i < s->n_findings; i++) {
		json_object_begin(&j, NULL);
		put_fields(&j, &s->findings[i], finding_fields, N(finding_fields));
		json_object_end(&j);
	}
	json_array_end(&j);
	json_object_end(&j);
	json_finish(&j);
}

int state_save(const char *path, const struct campaign_state *s, struct errmsg *e)
{
	struct outfile out;
	int err = outfile_open(&out, path, e);

	if (err)
		return err;
	state_print(out.f, s);
	return outfile_commit(&out, e);
}

/* What json.c escaped, back. False: no string. */
static bool unescape(const char *from, char *to, size_t size)
{
	size_t n = 0;

	if (*from++ != '"')
		return false;
	for (; *from && *from != '"'; from++) {
		unsigned int code;
		char c = *from;

		if (c == '\\') {
			c = *++from;
			if (c == 'n') {
				c = '\n';
			} else if (c == 'u') {
				if (sscanf(from + 1, "%4x", &code) != 1 || strnlen(from, 5) < 5)
					return false;
				c = code < 0x80 ? (char)code : '?';
				from += 4;
			} else if (!c) {
				return false;
			}
		}
		if (n + 1 >= size)
			return false;
		to[n++] = c;
	}
	to[n] = '\0';
	return *from == '"';
}

/* Bit i of the answer: this line was fields[i]. */
static uint32_t take_field(const char *line, void *to, const struct field *fields, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(fields[i].name);
		void *at = (char *)to + fields[i].offset;
		const char *value;
		char *end;

		if (line[0] != '"' || strncmp(line + 1, fields[i].name, len) ||
		    strncmp(line + 1 + len, "\": ", 3))
			continue;
		value = line + len + 4;
		errno = 0;
		if (fields[i].kind == KIND_TEXT)
			return unescape(value, at, fields[i].size) ? 1u << i : 0;
		if (fields[i].kind == KIND_COUNT)
			*(uint64_t *)at = strtoull(value, &end, 10);
		else
			*(double *)at = strtod(value, &end);
		return end > value && !errno ? 1u << i : 0;
	}
	return 0;
}

/* The file as state_save() wrote it: a field a line. True when nothing is missing. */
static bool read_all(FILE *f, struct campaign_state *s)
{
	const uint32_t all = (1u << N(state_fields)) - 1, all_of = (1u << N(finding_fields)) - 1;
	uint32_t seen = 0, seen_of = all_of;
	struct campaign_finding *finding = NULL;
	bool schema = false, ended = false;
	char *line = NULL;
	size_t room = 0;

	while (getline(&line, &room, f) > 0) {
		const char *at = line + strspn(line, " ");

		if (!strncmp(at, "\"schema\": \"" SCHEMA "\"", strlen(SCHEMA) + 12))
			schema = true;
		if (at == line + 4 && *at == '{') {
			if (seen_of != all_of)
				break;
			seen_of = 0;
			finding = state_add(s, "");
			if (!finding)
				break;
		}
		if (finding)
			seen_of |= take_field(at, finding, finding_fields, N(finding_fields));
		else
			seen |= take_field(at, s, state_fields, N(state_fields));
		ended = line[0] == '}';
	}
	free(line);
	return schema && ended && seen == all && seen_of == all_of;
}

int state_load(const char *path, struct campaign_state *s, struct errmsg *e)
{
	FILE *f = fopen(path, "re");
	bool whole;
	int err;

	memset(s, 0, sizeof(*s));
	if (!f && errno == ENOENT)
		return 0;
	if (!f) {
		err = -errno;
		return errmsg_set(e, err, EXIT_ENVIRONMENT, "cannot read %s: %s", path,
				  strerror(-err));
	}
	whole = read_all(f, s);
	fclose(f);
	if (whole)
		return 1;
	state_free(s);
	return errmsg_set(e, -EINVAL, EXIT_ENVIRONMENT,
			  "%s is damaged or not of this version: move it away; corpus/ and "
			  "findings/ beside it are used all the same",
			  path);
}
