/* SPDX-License-Identifier: MIT */
/*
 * Scripts of the source tree that say `ok NAME`, `not ok NAME WHY` and how many: whether every
 * rule and every figure that is broken on purpose is noticed (tests/mutants), whether the tree
 * builds as others will build it (tests/builds.sh), tests of random inputs at full length
 * (tests/long.sh), and the unit tests as programs of arm64 (tests/arm64.sh).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guest/proc.h"
#include "nightly/step.h"
#include "report/value.h"

struct script {
	const char *kind, *path;
	const char *key;  /* of a finding, before the name */
	const char *good; /* the figure of those that passed */
	bool root;
	const char *programs[5]; /* that it needs, NULL at the end */
};

static const struct script scripts[] = {
	{"mutants",
	 "tests/mutants/mutants.py",
	 "mutant",
	 "found",
	 false,
	 {"python3", "cmake", "ninja", NULL}},
	{"builds", "tests/builds.sh", "build", "passed", true, {"debootstrap", NULL}},
	{"long",
	 "tests/long.sh",
	 "test",
	 "passed",
	 false,
	 {"clang", "cmake", "ninja", "qemu-system-x86_64", NULL}},
	{"arm64",
	 "tests/arm64.sh",
	 "test",
	 "passed",
	 false,
	 {"aarch64-linux-gnu-gcc", "qemu-aarch64-static", "cmake", "ninja", NULL}},
};

static const struct script *script_of(const char *kind)
{
	for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++) {
		if (!strcmp(scripts[i].kind, kind))
			return &scripts[i];
	}
	return NULL;
}

static bool find_script(const struct night_plan *p, const char *script, char path[PATH_MAX])
{
	char at[2 * PATH_MAX], self[PATH_MAX];
	ssize_t n;

	if (p->c->source) {
		snprintf(at, sizeof(at), "%s/%s", p->c->source, script);
		return realpath(at, path) && !access(path, X_OK);
	}
	n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (n <= 0)
		return false;
	self[n] = '\0';
	*strrchr(self, '/') = '\0';
	snprintf(at, sizeof(at), "%s/../../../../%s", self, script); /* build/PRESET/harness/cli */
	return realpath(at, path) && !access(path, X_OK);
}

static const char *package_of(const char *program)
{
	static const char *const others[][2] = {
		{"ninja", "ninja-build"},
		{"qemu-system-x86_64", "qemu-system-x86"},
		{"aarch64-linux-gnu-gcc", "gcc-aarch64-linux-gnu"},
		{"qemu-aarch64-static", "qemu-user-static"},
	};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		if (!strcmp(others[i][0], program))
			return others[i][1];
	}
	return program;
}

static int expand(struct night_plan *p, const struct step_kind *k, struct errmsg *e)
{
	const struct script *s = script_of(k->name);
	char script[PATH_MAX], path[PATH_MAX], why[256] = "";
	json_t *step;

	(void)e;
	if (!find_script(p, s->path, script))
		snprintf(why, sizeof(why), "needs the source tree: name it with --source");
	else if (s->root && geteuid())
		snprintf(why, sizeof(why), "needs root: it works in roots of other Debians");
	for (const char *const *program = s->programs; *program && !*why; program++) {
		if (proc_find(*program, path, sizeof(path)))
			snprintf(why, sizeof(why), "no %s: apt-get install %s", *program,
				 package_of(*program));
	}
	step = night_step_add(p, k, why, "%s", k->name);
	if (step && !*why)
		doc_text(step, "program", script);
	return 0;
}

static void command(const struct night_plan *p, json_t *step, double seconds)
{
	(void)p;
	(void)step;
	(void)seconds; /* takes what building takes */
}

/* "not ok NAME    SURVIVES: ...", "not ok NAME: exit 1, ..." */
static void take_line(const struct script *s, json_t *step, char *line)
{
	char *name = line + strlen("not ok "), *text, key[256], repeat[DOC_PATH];

	name += strspn(name, " ");
	text = name + strcspn(name, " :\n");
	if (*text)
		*text++ = '\0';
	text += strspn(text, " ");
	text[strcspn(text, "\n")] = '\0';
	snprintf(key, sizeof(key), "%s:%s", s->key, name);
	snprintf(repeat, sizeof(repeat), "%s --only %s", value_text(step, "program"), name);
	step_finding(step, key, text, "", repeat);
}

static void result(const char *root, const char *dir, json_t *step)
{
	const struct script *s = script_of(value_text(step, "kind"));
	char path[DOC_PATH], *line = NULL;
	unsigned int passed, failed;
	size_t room = 0;
	FILE *f;

	(void)root;
	snprintf(path, sizeof(path), "%s/log", dir);
	f = fopen(path, "re");
	while (f && getline(&line, &room, f) > 0) {
		if (!strncmp(line, "not ok ", 7)) {
			take_line(s, step, line);
		} else if (sscanf(line, "%u passed, %u failed", &passed, &failed) == 2) {
			step_figure(step, passed, "%s/%s", s->kind, s->good);
			step_figure(step, passed + failed, "%s/total", s->kind);
		}
	}
	free(line);
	if (f)
		fclose(f);
}

const struct step_kind step_mutants = {
	.name = "mutants",
	.weight = 8,
	.about = "whether every rule and every figure that is broken on purpose is noticed",
	.expand = expand,
	.command = command,
	.result = result,
};

const struct step_kind step_builds = {
	.name = "builds",
	.weight = 8,
	.about = "whether the tree builds with other compilers, on Debian 12 and 13",
	.expand = expand,
	.command = command,
	.result = result,
};

const struct step_kind step_long = {
	.name = "long",
	.weight = 8,
	.about = "tests of random inputs, longer than before each change",
	.expand = expand,
	.command = command,
	.result = result,
};

const struct step_kind step_arm64 = {
	.name = "arm64",
	.weight = 8,
	.about = "the unit tests as programs of arm64",
	.expand = expand,
	.command = command,
	.result = result,
};
