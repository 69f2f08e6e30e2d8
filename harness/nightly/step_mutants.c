/* SPDX-License-Identifier: MIT */
/* Whether diff finds every rule that is broken on purpose (tests/mutants). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guest/proc.h"
#include "nightly/step.h"
#include "report/value.h"

#define SCRIPT "tests/mutants/mutants.py"

static bool find_script(const struct night_plan *p, char path[PATH_MAX])
{
	char at[2 * PATH_MAX], self[PATH_MAX];
	ssize_t n;

	if (p->c->source) {
		snprintf(at, sizeof(at), "%s/" SCRIPT, p->c->source);
		return realpath(at, path) && !access(path, X_OK);
	}
	n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (n <= 0)
		return false;
	self[n] = '\0';
	*strrchr(self, '/') = '\0';
	snprintf(at, sizeof(at), "%s/../../../../" SCRIPT, self); /* build/PRESET/harness/cli */
	return realpath(at, path) && !access(path, X_OK);
}

static int expand(struct night_plan *p, const struct step_kind *k, struct errmsg *e)
{
	static const char *const programs[] = {"python3", "cmake", "ninja"};
	char script[PATH_MAX], path[PATH_MAX], why[256] = "";
	json_t *step;

	(void)e;
	if (!find_script(p, script))
		snprintf(why, sizeof(why), "needs the source tree: name it with --source");
	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]) && !*why; i++) {
		if (proc_find(programs[i], path, sizeof(path)))
			snprintf(why, sizeof(why), "no %s to build the mutants with", programs[i]);
	}
	step = night_step_add(p, k, why, "mutants");
	if (step && !*why)
		doc_text(step, "program", script);
	return 0;
}

static void command(const struct night_plan *p, json_t *step, double seconds)
{
	(void)p;
	(void)step;
	(void)seconds; /* takes what building them takes */
}

/* "not ok NAME    SURVIVES: ..." */
static void take_line(json_t *step, char *line)
{
	char *name = line + strlen("not ok "), *text, key[256], repeat[DOC_PATH];

	name += strspn(name, " ");
	text = name + strcspn(name, " \n");
	if (*text)
		*text++ = '\0';
	text += strspn(text, " ");
	text[strcspn(text, "\n")] = '\0';
	snprintf(key, sizeof(key), "mutant:%s", name);
	snprintf(repeat, sizeof(repeat), "%s --only %s", value_text(step, "program"), name);
	step_finding(step, key, text, "", repeat);
}

static void result(const char *root, const char *dir, json_t *step)
{
	char path[DOC_PATH], *line = NULL;
	unsigned int passed, failed;
	size_t room = 0;
	FILE *f;

	(void)root;
	snprintf(path, sizeof(path), "%s/log", dir);
	f = fopen(path, "re");
	while (f && getline(&line, &room, f) > 0) {
		if (!strncmp(line, "not ok ", 7)) {
			take_line(step, line);
		} else if (sscanf(line, "%u passed, %u failed", &passed, &failed) == 2) {
			step_figure(step, passed, "mutants/found");
			step_figure(step, passed + failed, "mutants/total");
		}
	}
	free(line);
	if (f)
		fclose(f);
}

const struct step_kind step_mutants = {
	.name = "mutants",
	.weight = 8,
	.about = "whether diff finds every rule that is broken on purpose",
	.expand = expand,
	.command = command,
	.result = result,
};
