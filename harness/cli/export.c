/* SPDX-License-Identifier: MIT */
/* irqstorm export: a program in a form that needs no irqstorm. */
#include <errno.h>
#include <string.h>

#include "cli/commands.h"
#include "exec/record.h"
#include "exec/target.h"
#include "program/binary.h"
#include "program/file.h"
#include "program/text.h"
#include "program/withheld.h"
#include "support/log.h"
#include "support/outfile.h"

enum form { FORM_TEXT, FORM_BINARY, FORM_C, FORM_SYZ, FORM_SYZ_DESC, FORM_CRITERION };
static const char *const forms[] = {"text", "binary", "c", "syz", "syz-desc", "criterion", NULL};

static const char *const profiles[] = {"both", "6.1", "6.12", NULL};
static const uint32_t profile_kernels[] = {
	(1u << EXPORT_KERNELS) - 1,
	1u << EXPORT_6_1,
	1u << EXPORT_6_12 | 1u << EXPORT_6_12_FIXED,
};

struct export_cli {
	const char *target, *output, *bdf;
	uint32_t as, profile;
	uint64_t group;
};

#define FIELD(f) offsetof(struct export_cli, f)

static const struct opt export_opts[] = {
	{.type = OPT_CHOICE,
	 .name = "as",
	 .choices = forms,
	 .def = "text",
	 .offset = FIELD(as),
	 .help = "The form."},
	{.type = OPT_OUTFILE,
	 .name = "output",
	 .arg = "FILE",
	 .def = "-",
	 .offset = FIELD(output),
	 .help = "Where it goes, also as -o FILE; - is stdout."},
	{.type = OPT_STRING,
	 .name = "target",
	 .arg = "T",
	 .def = "emu",
	 .begins = {target_begins},
	 .offset = FIELD(target),
	 .help = "c: the device whose answers are recorded. criterion: what the test runs on."},
	{.type = OPT_CHOICE,
	 .name = "profile",
	 .choices = profiles,
	 .def = "both",
	 .offset = FIELD(profile),
	 .help = "c: the kernels whose answers are recorded."},
	{.type = OPT_STRING,
	 .name = "bdf",
	 .arg = "BDF",
	 .def = "0000:00:04.0",
	 .offset = FIELD(bdf),
	 .help = "syz: the device, which a syzkaller program must name."},
	{.type = OPT_COUNT,
	 .name = "group",
	 .arg = "N",
	 .def = "0",
	 .max = UINT32_MAX,
	 .offset = FIELD(group),
	 .help = "syz: its IOMMU group."},
	OPT_TABLE_END,
};

static int write_c(FILE *f, const struct program *p, const struct export_cli *o,
		   const struct export_names *names, struct errmsg *e)
{
	struct export_answers a = {.kernels = profile_kernels[o->profile]};
	struct executor x = {0};
	int err;

	err = executor_open(&x, o->target, e);
	if (err)
		return err;
	err = record_answers(&x, p, &a, e);
	if (!err)
		export_c(p, &a, names, f);
	record_free(&a);
	executor_close(&x);
	return err;
}

/* What a stream cannot take is for outfile_commit() to say. */
static int write_form(FILE *f, const struct program *p, const struct export_cli *o,
		      const struct export_names *names, struct errmsg *e)
{
	switch ((enum form)o->as) {
	case FORM_TEXT:
		text_print(p, f);
		return 0;
	case FORM_BINARY:
		return binary_save(p, f) != -ENOMEM
			       ? 0
			       : errmsg_set(e, -ENOMEM, EXIT_ENVIRONMENT, "out of memory");
	case FORM_C:
		return write_c(f, p, o, names, e);
	case FORM_SYZ:
		export_syz(p, names, f);
		return 0;
	case FORM_SYZ_DESC:
		export_syz_description(f);
		return 0;
	case FORM_CRITERION:
		export_criterion(p, names, f);
		return 0;
	}
	return 0;
}

static int export_file(const struct export_cli *o, const char *path, struct errmsg *e)
{
	struct export_names names = {
		.program = path,
		.target = o->target,
		.bdf = o->bdf,
		.group = (uint32_t)o->group,
	};
	struct outfile out = {0};
	struct program p;
	uint32_t withheld;
	int err = 0;

	program_init(&p);
	if (o->as != FORM_SYZ_DESC)
		err = program_load(path, &p, e);
	withheld = withheld_strip(&p);
	if (!err)
		err = outfile_open(&out, o->output, e);
	if (!err)
		err = write_form(out.f, &p, o, &names, e);
	if (!err)
		err = outfile_commit(&out, e);
	if (!err && (o->as == FORM_C || o->as == FORM_SYZ) && export_skipped(&p))
		log_note("%s: %u of %u operations cannot be done on a real device and are left out",
			 path, export_skipped(&p), p.n);
	if (!err && withheld)
		log_note("%s: %u operations are withheld, see docs/rules.md R39, and left out",
			 path, withheld);
	outfile_abort(&out);
	program_free(&p);
	return err;
}

/* It goes into a string of the generated file. */
static bool is_plain(const char *s)
{
	return s[strspn(s, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			   ":.,=_-/")] == '\0';
}

static int export_main(const struct command *cmd, int argc, char **argv)
{
	struct export_cli o = {0};
	struct errmsg e = {0};
	int code, rest;

	opt_first(cmd, argc, argv);
	code = command_parse(cmd, argc, argv, &o, &rest);
	if (code >= 0)
		return code;
	if (argc - rest != (o.as != FORM_SYZ_DESC)) {
		log_error("export: wants %s program; see irqstorm export --help",
			  o.as == FORM_SYZ_DESC ? "no" : "one");
		return EXIT_USAGE;
	}
	if (!is_plain(o.bdf) || !is_plain(o.target)) {
		log_error("export: '%s' is no %s", is_plain(o.bdf) ? o.target : o.bdf,
			  is_plain(o.bdf) ? "target" : "address of a device");
		return EXIT_USAGE;
	}
	if (export_file(&o, argv[rest], &e)) {
		log_error("%s", e.text);
		return (int)e.exit;
	}
	return EXIT_PASS;
}

const struct command cmd_export = {
	.name = "export",
	.summary = "Write a program in another form, as a reproducer for others.",
	.synopsis = "--as FORM [OPTION...] PROGRAM [-o FILE]",
	.description =
		"text       the program as .irq text\n"
		"binary     its stored form\n"
		"c          C that needs only libc and <linux/vfio.h>: cc -o repro FILE, then\n"
		"           ./repro BDF as root does each operation, compares the answers with\n"
		"           those of the rules for the kernel that it finds, and exits with 0\n"
		"           when all agree, 1 when not, 3 when it could not try\n"
		"syz        a syzkaller program\n"
		"syz-desc   the description (syzlang) that such programs need; takes no PROGRAM\n"
		"criterion  a test for irqstorm's own tests: no difference any more\n\n"
		"What cannot be done on a real device (the device's own interrupts, failing\n"
		"steps, interleavings) is left out of c and syz, with a note.\n\n" TARGET_HELP,
	.examples = "  irqstorm export --as c small.irq -o repro.c\n"
		    "  irqstorm export --as c --target emu:vectors=16,msi=8 small.irq -o repro.c\n"
		    "  irqstorm export --as syz --bdf 0000:00:05.0 --group 3 small.irq\n",
	.opts = export_opts,
	.one_thread = true,
	.mixed = true,
	.run = export_main,
};
