/* SPDX-License-Identifier: MIT */
/* What the executor writes down is the program, up to the operation that it was at. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "exec/executor.h"
#include "program/text.h"

#define SIZE (4 * BLACKBOX_RECORD)

static char path[64];
static struct executor x;
static struct program p, back;
static struct errmsg e;
static uint8_t *memory;
static struct blackbox_view views[4];

static void setup(void)
{
	int fd;

	strcpy(path, "/tmp/irqstorm-recorder-XXXXXX");
	fd = mkstemp(path);
	cr_assert(fd >= 0 && !ftruncate(fd, SIZE));
	close(fd);
	setenv(BLACKBOX_VARIABLE, path, 1);
	cr_assert_eq(executor_open(&x, "emu:vectors=8", &e), 0, "%s", e.text);
	program_init(&p);
	program_init(&back);
	memory = aligned_alloc(8, SIZE);
	cr_assert(memory);
}

static void teardown(void)
{
	executor_close(&x);
	unlink(path);
	program_free(&p);
	program_free(&back);
	free(memory);
}

TestSuite(recorder, .init = setup, .fini = teardown);

static void parse(const char *text)
{
	cr_assert_eq(text_parse(text, strlen(text), "test", &p, &e), 0, "%s", e.text);
}

static uint32_t look(void)
{
	FILE *f = fopen(path, "re");

	cr_assert(f && fread(memory, 1, SIZE, f) == SIZE);
	fclose(f);
	return blackbox_last(memory, SIZE, views, 4);
}

static void is_recorded(uint32_t i, uint32_t ops)
{
	const struct blackbox_view *v = &views[i];

	cr_assert_not(v->torn);
	cr_assert(!strncmp(v->text, "# target emu:vectors=8\n", 23), "%.*s", (int)v->len, v->text);
	cr_assert_eq(text_parse(v->text, v->len, "record", &back, &e), 0, "%s", e.text);
	cr_assert_eq(back.n, ops, "%.*s", (int)v->len, v->text);
	cr_assert(back.has_device == p.has_device &&
		  (!p.has_device || !memcmp(&back.device, &p.device, sizeof(p.device))));
	for (uint32_t o = 0; o < ops; o++)
		cr_assert(op_equal(&back.ops[o], &p.ops[o]), "operation %u of\n%.*s", o,
			  (int)v->len, v->text);
}

static const char text[] = "device profile=6.1,vectors=4,msi=0\n"
			   "set_irqs msix trigger eventfd fds=e0,-1,closed\n"
			   "raw 0102\n"
			   "at 3 {\n\tfire msix 0\n\tread e0\n}\n"
			   "set_irqs msix trigger none\n"
			   "read e0\n";

Test(recorder, a_program_that_ran_is_there_again)
{
	struct exec_result r;

	parse(text);
	cr_assert_eq(executor_run(&x, &p, &r, &e), 0, "%s", e.text);
	cr_assert_eq(look(), 1, "one program, one record");
	is_recorded(0, p.n);
}

Test(recorder, it_is_there_up_to_the_operation_that_runs)
{
	struct exec_result r;

	parse("set_irqs msix trigger eventfd fds=e0\nset_irqs msix trigger none\nread e0\n");
	cr_assert_eq(executor_begin(&x, &p, &r, &e), 0, "%s", e.text);
	for (uint32_t i = 0; i < 2; i++) {
		cr_assert_eq(look(), 1, "before operation %u", i);
		executor_step(&x, &p.ops[i], i);
	}
	cr_assert_eq(look(), 1, "one record");
	is_recorded(0, 2);
}

Test(recorder, what_is_only_said_or_left_out_is_not_there)
{
	struct exec_result r;

	parse("read e0\nexpect -EAGAIN\nwrite e0 1\nwrite e1 2\n");
	cr_assert_eq(executor_run(&x, &p, &r, &e), 0, "%s", e.text);
	memmove(&p.ops[1], &p.ops[2], 2 * sizeof(p.ops[0]));
	cr_assert_eq(look(), 1, "one record");
	is_recorded(0, 3);
}

Test(recorder, each_program_has_its_own)
{
	struct exec_result r;

	for (uint32_t i = 0; i < 6; i++) {
		char line[32];

		snprintf(line, sizeof(line), "write e0 %u\n", i);
		parse(line);
		cr_assert_eq(executor_run(&x, &p, &r, &e), 0, "%s", e.text);
	}
	cr_assert_eq(look(), 4, "as many as there is room for");
	is_recorded(3, 1);
	cr_assert_eq(views[0].number, 3, "the oldest that is left");
}

Test(recorder, a_path_that_is_no_good_stops_nothing)
{
	struct executor other;
	struct exec_result r;

	setenv(BLACKBOX_VARIABLE, "/nonexistent/box", 1);
	cr_assert_eq(executor_open(&other, "emu", &e), 0, "%s", e.text);
	parse("read e0\n");
	cr_assert_eq(executor_run(&other, &p, &r, &e), 0, "%s", e.text);
	cr_assert_not(recorder_on(&other.recorder));
	executor_close(&other);
}
