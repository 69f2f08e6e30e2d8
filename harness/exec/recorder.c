/* SPDX-License-Identifier: MIT */
#include "exec/recorder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "program/text.h"
#include "support/log.h"

void recorder_open(struct recorder *r)
{
	const char *path = getenv(BLACKBOX_VARIABLE);
	int err;

	memset(r, 0, sizeof(*r));
	if (!path || !*path)
		return;
	err = blackbox_open(&r->box, path);
	if (err)
		log_error("cannot record programs in %s (" BLACKBOX_VARIABLE
			  "): %s; going on without",
			  path, strerror(-err));
}

void recorder_close(struct recorder *r)
{
	blackbox_close(&r->box);
}

static void add(struct recorder *r, const char *text)
{
	blackbox_add(&r->box, text, strlen(text));
}

static void add_device(struct recorder *r, const struct program_device *device)
{
	struct program head = {.has_device = true, .device = *device};
	char line[256] = "";
	FILE *f = fmemopen(line, sizeof(line), "w");

	if (!f)
		return;
	text_print(&head, f);
	fclose(f);
	add(r, line);
}

void recorder_write_begin(struct recorder *r, const char *target, const struct program *p)
{
	char line[256];

	r->block = 0;
	blackbox_begin(&r->box);
	snprintf(line, sizeof(line), "# target %s\n", target);
	add(r, line);
	if (p->has_device)
		add_device(r, &p->device);
}

void recorder_write_op(struct recorder *r, const struct op *op)
{
	char line[TEXT_OP_MAX + 4], text[TEXT_OP_MAX];
	bool inside = r->block > 0, last = r->block == 1;

	if (inside)
		r->block--;
	else if (op->kind == OP_AT)
		r->block = op->n;
	/* In one piece: a record is a program after each. */
	snprintf(line, sizeof(line), "%s%s\n%s", inside ? "\t" : "",
		 text_op(op, text, sizeof(text)), last ? "}\n" : "");
	add(r, line);
}
