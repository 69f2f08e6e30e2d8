/* SPDX-License-Identifier: MIT */
/* Exported programs: what is kept, what is left out, and what they say. */
#include <criterion/criterion.h>
#include <errno.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exec/record.h"
#include "generated.h"
#include "program/binary.h"
#include "program/export.h"
#include "program/file.h"
#include "program/text.h"

static struct executor x;
static struct errmsg e;

static const struct export_names names = {
	.program = "here/some*/program.irq",
	.target = "emu:profile=6.1",
	.bdf = "0000:00:05.0",
	.group = 7,
};

enum form { AS_TEXT, AS_BINARY, AS_C, AS_SYZ, AS_CRITERION };

static char *exported(const struct program *p, enum form form, size_t *size)
{
	struct export_answers a = {.kernels = 7};
	char *out = NULL;
	FILE *f = open_memstream(&out, size);

	switch (form) {
	case AS_TEXT:
		text_print(p, f);
		break;
	case AS_BINARY:
		cr_assert_eq(binary_save(p, f), 0);
		break;
	case AS_C:
		cr_assert_eq(record_answers(&x, p, &a, &e), 0, "%s", e.text);
		export_c(p, &a, &names, f);
		record_free(&a);
		break;
	case AS_SYZ:
		export_syz(p, &names, f);
		break;
	case AS_CRITERION:
		export_criterion(p, &names, f);
		break;
	}
	fclose(f);
	return out;
}

static char *of_text(const char *text, enum form form)
{
	struct program p;
	char *out;
	size_t size;

	program_init(&p);
	cr_assert_eq(text_parse(text, strlen(text), "test", &p, &e), 0, "%s", e.text);
	cr_assert_eq(executor_open(&x, "emu", &e), 0, "%s", e.text);
	out = exported(&p, form, &size);
	executor_close(&x);
	program_free(&p);
	return out;
}

static void has(const char *text, enum form form, const char *want)
{
	char *out = of_text(text, form);

	cr_assert_neq(strstr(out, want), NULL, "no '%s' in:\n%s", want, out);
	free(out);
}

static bool same_program(const struct program *a, const struct program *b)
{
	if (a->n != b->n || a->has_device != b->has_device)
		return false;
	for (uint32_t i = 0; i < a->n; i++) {
		if (!op_equal(&a->ops[i], &b->ops[i]))
			return false;
	}
	return true;
}

Test(export, text_and_binary_come_back_the_same)
{
	struct program p, back;
	size_t size;

	program_init(&p);
	program_init(&back);
	cr_assert_eq(executor_open(&x, "emu", &e), 0);
	for (uint64_t seed = 1; seed <= 40; seed++) {
		generate(&x, seed, 100, false, &p);
		for (enum form form = AS_TEXT; form <= AS_BINARY; form++) {
			char *out = exported(&p, form, &size);

			cr_assert_eq(program_load_bytes(out, size, "test", &back, &e), 0, "%s",
				     e.text);
			cr_assert(same_program(&p, &back), "seed %d", (int)seed);
			free(out);
		}
	}
	executor_close(&x);
	program_free(&p);
	program_free(&back);
}

Test(export, c_expects_what_each_kernel_answers)
{
	static const char text[] = "set_irqs msix trigger eventfd fds=e0\n"
				   "set_irqs msix trigger eventfd start=5 fds=e1\n"
				   "set_irqs msix trigger none start=5\nread e1\nwrite e1 5\n"
				   "irq_info msix\n";

	has(text, AS_C, "returns(ALL(0));");
	has(text, AS_C, "returns(-EINVAL, 0, -EINVAL);");
	has(text, AS_C, "read_slot(1, 0, 1, 0);");
	has(text, AS_C, "returns(-EAGAIN, 0, -EAGAIN);");
	has(text, AS_C, "irq_info(VFIO_PCI_MSIX_IRQ_INDEX, 16u, 0x9, 0x1, 0x9);");
	has(text, AS_C, "left(1, ALL(5));");
	has(text, AS_C, "{1, 16, 64, 1, 1}");
	has("device vectors=3,msi=1,intx=0,pcie=0\nread e0\n", AS_C, "{0, 1, 3, 0, 1}");
}

Test(export, c_leaves_out_what_cannot_be_done_and_says_so)
{
	static const char text[] = "set_irqs msix trigger eventfd fds=e0\nfire msix 0\nread e0\n"
				   "fail 1\nset_irqs msix trigger none\nwipe\n";

	has(text, AS_C, "/* 2: fire msix 0: left out, ");
	has(text, AS_C, "3 of 6 operations cannot be done");
	has(text, AS_C, "read_slot(0, ALL(0));");
	has(text, AS_C, "returns(ALL(-EAGAIN));");
	has(text, AS_C, "left(0, ALL(1));");
}

/* Functions that a program does not use would be warned of. */
Test(export, c_has_only_what_it_needs)
{
	char *out = of_text("read e0\n", AS_C);

	cr_assert_eq(strstr(out, "static void power("), NULL);
	cr_assert_eq(strstr(out, "static int config("), NULL);
	cr_assert_eq(strstr(out, "//@"), NULL);
	cr_assert_neq(strstr(out, "static void read_slot("), NULL);
	cr_assert_eq(strstr(out, "some*/"), NULL, "a name cannot end the comment");
	free(out);
}

Test(export, syz_names_results_and_not_numbers)
{
	static const char text[] =
		"set_irqs msix trigger eventfd fds=e0,-1,e7,closed,file\nclose e0\n"
		"set_irqs msix trigger eventfd fds=e0\nset_irqs intx mask bool bools=1\nraw 0102\n"
		"dup e7 e0\nset_irqs msix trigger eventfd fds=e0\nreopen\nirq_info err\n"
		"disintx 1\nmemory 0\nwrite e7 3\nfire msix 0\n";

	has(text, AS_SYZ,
	    "r1 = openat$irqstorm_group(0xffffffffffffff9c, &AUTO='/dev/vfio/7\\x00'");
	has(text, AS_SYZ,
	    "r2 = ioctl$VFIO_GROUP_GET_DEVICE_FD(r1, 0x3b6a, &AUTO='0000:00:05.0\\x00')");
	has(text, AS_SYZ,
	    "ioctl$VFIO_DEVICE_SET_IRQS(r2, 0x3b6e, &AUTO={0x28, 0x24, 0x2, 0x0, 0x5, "
	    "@fds=[r3, 0xffffffffffffffff, r10, 0x7ffffff0, r1]})");
	has(text, AS_SYZ, "close(r3)");
	has(text, AS_SYZ, "0x1, @fds=[0x7ffffff0]})");
	has(text, AS_SYZ, "{0x15, 0xa, 0x0, 0x0, 0x1, @bools=\"01\"})");
	has(text, AS_SYZ, "ioctl$irqstorm_SET_IRQS_raw(r2, 0x3b6e, &AUTO=\"0102\")");
	has(text, AS_SYZ, "r11 = dup(r10)");
	has(text, AS_SYZ, "@fds=[r11]})");
	has(text, AS_SYZ, "close(r2)\nr12 = ioctl$VFIO_GROUP_GET_DEVICE_FD");
	has(text, AS_SYZ,
	    "ioctl$VFIO_DEVICE_GET_IRQ_INFO(r12, 0x3b6d, &AUTO={0x10, 0x0, 0x3, 0x0})");
	has(text, AS_SYZ, "&AUTO=\"0604\", 0x2, 0x70000000004)");
	has(text, AS_SYZ, "&AUTO=\"0404\", 0x2, 0x70000000004)");
	has(text, AS_SYZ, "# fire msix 0: left out");
}

/* Each line is a comment or a call, and every result is used after it was made. */
static void check_syz(char *out)
{
	static const char call[] = "^(r[0-9]+ = )?[a-z0-9]+(\\$[A-Za-z0-9_]+)?\\(.*\\)$";
	uint32_t made = 0;
	regex_t re;
	char *save;

	cr_assert_eq(regcomp(&re, call, REG_EXTENDED | REG_NOSUB), 0);
	for (char *line = strtok_r(out, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		if (*line == '#')
			continue;
		cr_assert_eq(regexec(&re, line, 0, NULL, 0), 0, "%s", line);
		for (const char *at = line; (at = strpbrk(at, "(,[ =")); at++) {
			uint32_t used;

			if (sscanf(at + 1, "r%u", &used) == 1 && at[1] == 'r')
				cr_assert_lt(used, made, "r%u before it was made: %s", used, line);
		}
		if (*line == 'r' && line[1] >= '0' && line[1] <= '9')
			cr_assert_eq((uint32_t)atoi(line + 1), made++, "%s", line);
	}
	regfree(&re);
}

Test(export, syz_of_random_programs_is_well_formed)
{
	struct program p;
	size_t size;

	program_init(&p);
	cr_assert_eq(executor_open(&x, "emu", &e), 0);
	for (uint64_t seed = 1; seed <= 40; seed++) {
		char *out;

		generate(&x, seed, 200, seed & 1, &p);
		out = exported(&p, AS_SYZ, &size);
		check_syz(out);
		free(out);
	}
	executor_close(&x);
	program_free(&p);
}

Test(export, criterion_test_holds_the_program)
{
	static const char text[] = "set_irqs msix trigger eventfd fds=e0\nat 2 { fire msix 0; }\n"
				   "set_irqs msix trigger none\n";

	has(text, AS_CRITERION, "Test(regression, program)");
	has(text, AS_CRITERION, "\t\"set_irqs msix trigger eventfd fds=e0\\n\"\n");
	has(text, AS_CRITERION, "\t\"  fire msix 0\\n\"\n");
	has(text, AS_CRITERION, "executor_open(&x, \"emu:profile=6.1\", &e)");
}

Test(export, an_empty_program_is_one_too)
{
	has("", AS_C, "returns(ALL(0));");
	has("", AS_SYZ, "eventfd2");
	has("", AS_CRITERION, "\"\"");
}
