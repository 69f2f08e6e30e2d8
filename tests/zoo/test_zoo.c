/* SPDX-License-Identifier: MIT */
/*
 * zoo: with each bug of the catalogue planted its program in corpus/zoo is a finding of the oracle
 * that the catalogue names, and both canaries tell of it; without a bug every program passes.
 * And each key names the rule that RULES says the bug breaks, or one that says the same of it.
 * A plain main, linked with an emulator that has the bugs: zoo CORPUS RULES.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emulator/zoo.h"
#include "exec/executor.h"
#include "exec/target.h"
#include "program/file.h"

static unsigned int passed, failed;

/* What is planted leaks on purpose; the executor's count of references is what has to see it. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "detect_leaks=0";
}

__attribute__((noreturn)) static void die(const char *what)
{
	fprintf(stderr, "test_zoo: %s\n", what);
	exit(EXIT_ENVIRONMENT);
}

__attribute__((format(printf, 3, 4))) static void check(const char *name, bool ok, const char *fmt,
							...)
{
	va_list ap;

	if (ok) {
		passed++;
		printf("ok %s\n", name);
		return;
	}
	failed++;
	printf("not ok %s: ", name);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
}

/* @bug NULL: none. */
static void run(const struct program *p, const char *bug, struct exec_result *r,
		struct zoo_counts *counts)
{
	struct executor x;
	struct errmsg e;
	char *spec = target_with_bug("emu", bug, &e);

	if (!spec || executor_open(&x, spec, &e))
		die(e.text);
	x.inspect_every = 1;
	if (executor_run(&x, p, r, &e))
		die(e.text);
	emulator_zoo(x.be, counts);
	executor_close(&x);
	free(spec);
}

static void load(const char *corpus, const char *id, struct program *p)
{
	struct errmsg e;
	char *path;

	if (asprintf(&path, "%s/%s.irq", corpus, id) < 0)
		die("out of memory");
	if (program_load(path, p, &e))
		die(e.text);
	free(path);
}

/* Does @path (rules.txt) have @rule behind @id? */
static bool names_rule(const char *path, const char *id, const char *rule, char *want, size_t size)
{
	FILE *f = fopen(path, "r");
	char line[256];
	bool found = false;

	if (!f)
		die("cannot read the rules of the catalogue");
	snprintf(want, size, "it has no line in %s", path);
	while (fgets(line, sizeof(line), f)) {
		char *rest = line, *word = strsep(&rest, " ");

		if (strcmp(word, id))
			continue;
		rest[strcspn(rest, ":\n")] = '\0';
		snprintf(want, size, "expected rule %s", rest);
		while (!found && (word = strsep(&rest, " ")))
			found = !strcmp(word, rule);
		break;
	}
	fclose(f);
	return found;
}

/* "return:R53:set_irqs/...": R53 */
static void rule_of(const char *key, char *rule, size_t size)
{
	const char *at = strchr(key, ':');

	at = at ? at + 1 : key;
	snprintf(rule, size, "%.*s", (int)strcspn(at, ":"), at);
}

static void check_rule(const struct zoo_entry *z, const struct exec_result *r, const char *rules)
{
	char rule[16], want[256], name[64];

	rule_of(r->key, rule, sizeof(rule));
	snprintf(name, sizeof(name), "the key of %s has the rule that it breaks", z->id);
	check(name, names_rule(rules, z->id, rule, want, sizeof(want)), "%s, the key is %s", want,
	      r->key);
}

static void check_bug(const struct zoo_entry *z, const struct program *p, const char *rules)
{
	struct zoo_counts counts;
	struct exec_result r;
	char name[64];

	run(p, z->id, &r, &counts);
	snprintf(name, sizeof(name), "%s is found by its program", z->id);
	check(name, !strcmp(difference_name(r.difference), z->oracle),
	      "expected a difference of '%s', got '%s' (%s): %s", z->oracle,
	      difference_name(r.difference), r.text, z->what);
	check_rule(z, &r, rules);
	snprintf(name, sizeof(name), "%s is reached and triggered", z->id);
	check(name, counts.reached && counts.triggered, "reached %llu, triggered %llu",
	      (unsigned long long)counts.reached, (unsigned long long)counts.triggered);

	run(p, NULL, &r, &counts);
	snprintf(name, sizeof(name), "without %s its program passes", z->id);
	check(name, !r.difference && !r.skipped && !counts.reached && !counts.triggered,
	      "%s: %s, %u skipped, reached %llu", difference_name(r.difference), r.text, r.skipped,
	      (unsigned long long)counts.reached);
}

/* What a bug leaves behind is no finding of the next program. */
static void check_after(const struct zoo_entry *z, const struct program *p,
			const struct program *harmless)
{
	struct executor x;
	struct exec_result r;
	struct errmsg e;
	char *spec = target_with_bug("emu", z->id, &e), name[64];

	if (!spec || executor_open(&x, spec, &e))
		die(e.text);
	x.inspect_every = 1;
	if (executor_run(&x, p, &r, &e) || executor_run(&x, harmless, &r, &e))
		die(e.text);
	snprintf(name, sizeof(name), "after %s a program that has nothing to do with it passes",
		 z->id);
	check(name, !r.difference, "%s: %s", difference_name(r.difference), r.text);
	executor_close(&x);
	free(spec);
}

int main(int argc, char **argv)
{
	struct program p, harmless;

	if (argc != 3)
		die("usage: test_zoo CORPUS RULES");
	if (!zoo_compiled_in())
		die("linked with an emulator that has no bugs");
	program_init(&p);
	program_init(&harmless);
	if (program_add(&harmless, &(struct op){.kind = OP_FLR}))
		die("out of memory");
	for (uint32_t bug = ZOO_NONE + 1; bug < ZOO_BUGS; bug++) {
		const struct zoo_entry *z = zoo_entry(bug);

		check("its number finds it", zoo_find(z->id) == bug, "%s", z->id);
		if (strcmp(z->target, "program"))
			continue; /* no program of one caller shows it */
		load(argv[1], z->id, &p);
		check_bug(z, &p, argv[2]);
		if (strcmp(z->oracle, "references") && strcmp(z->oracle, "allocated"))
			check_after(z, &p, &harmless);
	}
	check("what is no number finds nothing", !zoo_find("B999") && !zoo_entry(ZOO_BUGS), "%u",
	      zoo_find("B999"));
	program_free(&p);
	program_free(&harmless);
	printf("%u passed, %u failed, 0 skipped\n", passed, failed);
	return failed ? EXIT_FINDING : EXIT_PASS;
}
