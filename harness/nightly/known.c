/* SPDX-License-Identifier: MIT */
#include "nightly/known.h"

#include <errno.h>
#include <string.h>

#include "campaign/findings.h"
#include "nightly/step.h"
#include "report/value.h"

#define SCHEMA "irqstorm.nightly-known/1"

static json_t *list(const json_t *known)
{
	return json_object_get(known, "findings");
}

int known_load(const char *path, json_t **known, struct errmsg *e)
{
	int err = doc_load(path, SCHEMA, known, e);

	if (err < 0)
		return err;
	if (!err)
		*known = json_pack("{ss s[]}", "schema", SCHEMA, "findings");
	return *known ? 0 : errmsg_no_memory(e);
}

int known_save(const char *path, const json_t *known, struct errmsg *e)
{
	return doc_save(path, known, e);
}

static json_t *find(const json_t *known, const char *key)
{
	json_t *entry;
	size_t i;

	json_array_foreach(list(known), i, entry)
	{
		if (doc_is(entry, "key", key))
			return entry;
	}
	return NULL;
}

static json_t *add(json_t *known, const char *key, const char *night)
{
	json_t *entry = json_pack("{ss ss ss ss ss sb ss si}", "key", key, "first", night, "last",
				  "", "back", "", "gone", "", "marked", 0, "note", "", "nights", 0);

	return json_array_append_new(list(known), entry) ? NULL : entry;
}

static void note_one(json_t *known, const char *night, const char *step, const json_t *finding)
{
	static const char *const copied[] = {"what", "repeat", "artifact"};
	const char *key = value_text(finding, "key");
	json_t *entry = find(known, key);

	if (!entry)
		entry = add(known, key, night);
	if (!entry)
		return;
	if (*value_text(entry, "gone")) {
		doc_text(entry, "back", night);
		doc_text(entry, "gone", "");
	}
	if (!doc_is(entry, "last", night))
		doc_count(entry, "nights", (uint64_t)value_number(entry, "nights") + 1);
	doc_text(entry, "last", night);
	doc_text(entry, "step", step);
	for (size_t i = 0; i < sizeof(copied) / sizeof(copied[0]); i++)
		doc_text(entry, copied[i], value_text(finding, copied[i]));
}

void known_note(json_t *known, const char *night, const json_t *step)
{
	json_t *finding;
	size_t i;

	json_array_foreach(json_object_get(step, "findings"), i, finding)
	{
		note_one(known, night, value_text(step, "name"), finding);
	}
}

/* Whether @night has that step, and it came to its end. */
static bool looked(const json_t *night, const char *name)
{
	json_t *step;
	size_t i;

	json_array_foreach(json_object_get(night, "steps"), i, step)
	{
		const struct step_kind *k = step_kind_find(value_text(step, "kind"));

		if (!doc_is(step, "name", name))
			continue;
		return doc_is(step, "state", "pass") ||
		       (doc_is(step, "state", "finding") && k && !k->ends_at_first);
	}
	return false;
}

void known_close(json_t *known, const json_t *night)
{
	const char *name = value_text(night, "name");
	json_t *entry;
	size_t i;

	json_array_foreach(list(known), i, entry)
	{
		if (!doc_is(entry, "last", name) && !*value_text(entry, "gone") &&
		    looked(night, value_text(entry, "step")))
			doc_text(entry, "gone", name);
	}
}

enum known_state known_state(const json_t *entry, const char *night)
{
	if (doc_is(entry, "gone", night))
		return KNOWN_GONE;
	if (!doc_is(entry, "last", night))
		return KNOWN_OLD;
	if (json_is_true(json_object_get(entry, "marked")))
		return KNOWN_MARKED;
	if (doc_is(entry, "first", night) || doc_is(entry, "back", night))
		return KNOWN_NEW;
	return KNOWN_THERE;
}

size_t known_count(const json_t *known, const char *night, enum known_state state)
{
	json_t *entry;
	size_t i, n = 0;

	json_array_foreach(list(known), i, entry)
	{
		n += known_state(entry, night) == state;
	}
	return n;
}

/* What run can repeat, of a finding: JSON, and the folder of a campaign's, with a program in it. */
static bool can_run(const char *path, const char *repeat)
{
	size_t n = strlen(path);

	if (n > 5 && !strcmp(path + n - 5, ".json"))
		return !*repeat || !strncmp(repeat, "irqstorm ", 9);
	return finding_has_program(path);
}

const char *known_repeat(const char *root, const json_t *entry, char *buf, size_t size)
{
	const char *repeat = value_text(entry, "repeat");
	char path[DOC_PATH];

	snprintf(path, sizeof(path), "%s/%s", root, value_text(entry, "artifact"));
	if (can_run(path, repeat))
		snprintf(buf, size, "irqstorm run %s", path);
	else
		snprintf(buf, size, "%s", repeat);
	return buf;
}

int known_mark(json_t *known, const char *key, const char *note)
{
	json_t *entry;
	size_t i;

	json_array_foreach(list(known), i, entry)
	{
		if (!doc_is(entry, "key", key))
			continue;
		if (!note)
			return json_array_remove(list(known), i);
		json_object_set_new(entry, "marked", json_true());
		doc_text(entry, "note", note);
		return 0;
	}
	return -ENOENT;
}
