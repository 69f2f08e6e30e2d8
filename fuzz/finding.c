/* SPDX-License-Identifier: MIT */
/* finding: see finding.h. To stderr, which engines keep, and then abort(), which they look for. */
#include "fuzz/finding.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "fuzz/common.h"
#include "program/text.h"
#include "program/withheld.h"

/* What ran of it. */
static void print_text(const struct program *p)
{
	struct program ran;

	program_init(&ran);
	ran.has_device = p->has_device;
	ran.device = p->device;
	if (!program_append(&ran, p->ops, p->n)) {
		withheld_strip(&ran);
		text_print(&ran, stderr);
	}
	program_free(&ran);
}

/* A finding is a command: what replays it can be pasted into a shell as it is. */
static void print_program(const struct program *p)
{
	const char *bug = fuzz_bug();

	fprintf(stderr, "irqstorm run %s%s%s- <<'EOF'\n", bug ? "--bug " : "", bug ? bug : "",
		bug ? " " : "");
	print_text(p);
	fprintf(stderr, "EOF\n");
}

static void print_difference(const struct program *p, const struct exec_result *r)
{
	char text[TEXT_OP_MAX];

	fprintf(stderr, "irqstorm: finding: %s: %s\n", difference_name(r->difference), r->text);
	if (r->at < p->n)
		fprintf(stderr, "after:  operation %u: %s\n", r->at + 1,
			text_op(&p->ops[r->at], text, sizeof(text)));
	fprintf(stderr, "key:    %s\n", r->key);
	fprintf(stderr, "replay: what follows is the program, as a command\n");
}

void finding_difference(const struct program *p, const struct exec_result *r)
{
	print_difference(p, r);
	print_program(p);
	abort();
}

/* For the command outside of a guest, which tries the last programs in others. */
static void hand_over(const struct exec_result *r, const char *target)
{
	const char *dir = getenv("IRQSTORM_FINDING");
	char path[512];
	FILE *f;

	if (!dir || !*dir)
		return;
	snprintf(path, sizeof(path), "%s/finding", dir);
	f = fopen(path, "we");
	if (f) {
		fprintf(f, "%s\n%s\n0\n", r->key, target); /* looked at when it is over */
		fclose(f);
	}
}

/* A file, as a guest reads none of our stdin. */
void finding_difference_on(const struct program *p, const struct exec_result *r, const char *target)
{
	const char *via = getenv("IRQSTORM_VIA");

	hand_over(r, target);
	print_difference(p, r);
	fprintf(stderr, "cat >finding.irq <<'EOF' && %s run --target %s --trace finding.irq\n",
		via && *via ? via : "irqstorm", target);
	print_text(p);
	fprintf(stderr, "EOF\n");
	abort();
}

void fuzz_finding(const char *oracle, const struct program *p, const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "irqstorm: finding: %s: ", oracle);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, "\nkey:    %s\n", oracle);
	fprintf(stderr, "replay: give the input to this target again\n");
	if (p) {
		fprintf(stderr, "as a program it is\n");
		print_program(p);
	}
	abort();
}
