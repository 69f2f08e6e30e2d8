/* SPDX-License-Identifier: MIT */
#include "program/export.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "program/export_parts.h"
#include "program/text.h"

const char *export_skips(const struct op *op)
{
	switch (op->kind) {
	case OP_SET_IRQS:
	case OP_RAW:
	case OP_IRQ_INFO:
	case OP_READ:
	case OP_WRITE:
	case OP_CLOSE:
	case OP_OPEN:
	case OP_DUP:
	case OP_DISINTX:
	case OP_MEMORY:
	case OP_RESET:
	case OP_REOPEN:
	case OP_EXPECT:
		return NULL;
	case OP_POWER:
		return op->value == 0 || op->value == 3 ? NULL : "no such power state";
	case OP_FLR:
		return NULL;
	case OP_FIRE:
		return "only the device itself can interrupt; a loopback call (set_irqs INDEX "
		       "trigger none) goes another way";
	case OP_LINE:
		return "only the device itself can move its INTx line";
	case OP_FAIL:
		return "a kernel step cannot be made to fail from here";
	case OP_AT:
		return "nothing can run inside a call; what is in its block runs before the call";
	default:
		return "it needs the emulator";
	}
}

uint32_t export_skipped(const struct program *p)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < p->n; i++)
		n += export_skips(&p->ops[i]) != NULL;
	return n;
}

void export_listing(const struct program *p, const char *before, const char *after, FILE *f)
{
	char *text = NULL, *save, *line;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	if (!to)
		return;
	text_print(p, to);
	fclose(to);
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		fputs(before, f);
		/* Only blocks are indented. */
		fputs(*line == '\t' ? "  " : "", f);
		fprintf(f, "%s%s\n", *line == '\t' ? line + 1 : line, after);
	}
	free(text);
}

/* A C identifier of the file's name. */
static void put_identifier(const char *path, FILE *f)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	size_t len = strcspn(name, ".");

	if (!len || isdigit((unsigned char)*name))
		fputs("program_", f);
	for (size_t i = 0; i < len; i++)
		fputc(isalnum((unsigned char)name[i]) ? name[i] : '_', f);
}

void export_criterion(const struct program *p, const struct export_names *names, FILE *f)
{
	fputs("/* SPDX-License-Identifier: MIT */\n", f);
	fputs("/* A program that once made a difference and must not again", f);
	fprintf(f, "%s%s. */\n", names->about ? ": " : "", names->about ? names->about : "");
	fputs("#include <criterion/criterion.h>\n#include <string.h>\n\n"
	      "#include \"exec/executor.h\"\n#include \"program/text.h\"\n\n"
	      "static const char text[] =\n",
	      f);
	export_listing(p, "\t\"", "\\n\"", f);
	if (!p->n && !p->has_device)
		fputs("\t\"\"\n", f);
	fputs("\t;\n\nTest(regression, ", f);
	put_identifier(names->program, f);
	fprintf(f,
		")\n{\n"
		"\tstruct executor x;\n\tstruct exec_result r;\n\tstruct errmsg e = {0};\n"
		"\tstruct program p;\n\n"
		"\tprogram_init(&p);\n"
		"\tcr_assert_eq(text_parse(text, strlen(text), \"text\", &p, &e), 0, \"%%s\", "
		"e.text);\n"
		"\tcr_assert_eq(executor_open(&x, \"%s\", &e), 0, \"%%s\", e.text);\n"
		"\tx.inspect_every = 1;\n"
		"\tcr_assert_eq(executor_run(&x, &p, &r, &e), 0, \"%%s\", e.text);\n"
		"\tcr_expect_eq(r.difference, DIFF_NONE, \"%%s after operation %%u: %%s\", r.key,\n"
		"\t\t     r.at + 1, r.text);\n"
		"\texecutor_close(&x);\n\tprogram_free(&p);\n}\n",
		names->target);
}

void export_syz_description(FILE *f)
{
	fputs(export_part_syz, f);
}
