/* SPDX-License-Identifier: MIT */
/* irqstorm info: what a target is, what its interrupts can do, and whether they can be had. */
#include <string.h>

#include "backend/ask.h"
#include "backend/gone.h"
#include "cli/commands.h"
#include "cli/info_features.h"
#include "cli/words.h"
#include "exec/tablesize.h"
#include "exec/target.h"
#include "support/json.h"
#include "support/log.h"
#include "support/outfile.h"
#include "support/terminal.h"
#include "support/version.h"

struct info_options {
	const char *target, *json;
	bool check, features;
};

#define FIELD(f) offsetof(struct info_options, f)

static const struct opt info_opts[] = {
	OPT_ROW_TARGET(FIELD(target)),
	{.type = OPT_FLAG,
	 .name = "check",
	 .offset = FIELD(check),
	 .help = "Try whether the kernel still takes every MSI-X vector that the device has. "
		 "Enables "
		 "MSI-X for a moment and disables it again."},
	{.type = OPT_FLAG,
	 .name = "features",
	 .offset = FIELD(features),
	 .help = "List every feature and profile that there is, with what each means, and open no "
		 "target."},
	{.type = OPT_OUTFILE,
	 .name = "json",
	 .arg = "FILE",
	 .offset = FIELD(json),
	 .help = "The same as JSON, schema irqstorm.info/1; - is stdout, in place of the table."},
	OPT_TABLE_END,
};

static const struct {
	uint32_t bit;
	const char *name, *help;
} cap_names[] = {
	{BACKEND_SYNC_FIRE, "sync-fire", "When a fire returns, its signal is in the eventfd."},
	{BACKEND_HW_FIRE, "hw-fire",
	 "A fire is an interrupt of the device; otherwise the loopback of SET_IRQS."},
	{BACKEND_RESET, "reset", "VFIO_DEVICE_RESET works."},
	{BACKEND_MASK_ENTRY, "mask-entry", "Entries of its MSI-X table can be masked by hand."},
};

#define N_CAPS (sizeof(cap_names) / sizeof(cap_names[0]))

void info_caps_words(opt_word_fn tell, void *data)
{
	for (size_t i = 0; i < N_CAPS; i++)
		tell(cap_names[i].name, cap_names[i].help, data);
}

/* Only MSI and MSI-X have vectors to add; of the other indexes the flag tells nothing. */
static bool has_vectors(uint32_t index)
{
	return index == VFIO_PCI_MSI_IRQ_INDEX || index == VFIO_PCI_MSIX_IRQ_INDEX;
}

static bool grows(const struct backend_desc *d, uint32_t index)
{
	return has_vectors(index) && d->irq[index].count &&
	       !(d->irq[index].flags & VFIO_IRQ_INFO_NORESIZE);
}

static const char *verdict(const struct backend_desc *d)
{
	if (!d->irq[VFIO_PCI_MSIX_IRQ_INDEX].count)
		return "The device has no MSI-X.";
	if (grows(d, VFIO_PCI_MSIX_IRQ_INDEX))
		return "MSI-X can grow in place (NORESIZE clear): a VMM can add vectors while "
		       "others run.";
	return "MSI-X cannot grow in place (NORESIZE set): a VMM must tear it down to add vectors, "
	       "or allocate all of them up front.";
}

const struct table_column info_columns[] = {
	{.heading = "index",
	 .help = "A kind of interrupt of VFIO: INTX, MSI, MSIX; ERR and REQ tell of the device.",
	 .align = TABLE_LEFT},
	{.heading = "count", .help = "How many of it the device has, as GET_IRQ_INFO says."},
	{.heading = "dynamic",
	 .help = "Whether vectors can be added while others run; - where there are none to add.",
	 .align = TABLE_LEFT},
	{.heading = "flags",
	 .help = "Of GET_IRQ_INFO, by their names in linux/vfio.h without VFIO_IRQ_INFO_.",
	 .align = TABLE_FOLD},
	TABLE_COLUMNS_END,
};

static void put_irq(struct table *t, const struct backend_desc *d, uint32_t i)
{
	const char *dynamic = "-";
	char flags[80];

	if (has_vectors(i) && d->irq[i].count)
		dynamic = grows(d, i) ? "yes" : "no";
	table_cell(t, "%s", irq_index_name(i));
	table_cell(t, "%u", d->irq[i].count);
	table_cell(t, "%s", dynamic);
	table_cell(t, "%s", irq_info_flags(d->irq[i].flags, flags, sizeof(flags)));
}

static void print_table(FILE *f, const struct backend_desc *d, const struct host_limits *limits)
{
	struct table t;

	fprintf(f, "target   %s\ndevice   %s\nkernel   %s\nprofile  %s\n", d->target, d->device,
		d->kernel, d->profile);
	if (*d->via)
		fprintf(f, "via      %s\n", d->via);
	info_print_features(f, &d->features);
	fprintf(f, "trigger  %s, MSI-X vectors below %u\ncaps    ", d->trigger, d->fire_max);
	for (size_t i = 0; i < N_CAPS; i++) {
		if (d->caps & cap_names[i].bit)
			fprintf(f, " %s", cap_names[i].name);
	}
	fputs("\n\n", f);
	table_init(&t, info_columns);
	for (uint32_t i = 0; i < VFIO_PCI_NUM_IRQS; i++)
		put_irq(&t, d, i);
	table_write(&t, f);
	table_free(&t);
	fputc('\n', f);
	terminal_line(f, 4, "%s", verdict(d));
	for (uint32_t i = 0; i < limits->n; i++)
		terminal_line(f, 9, "host     %s", limits->text[i]);
}

/* One line says what came of it; a finding says what to do. */
static void check_text(const struct tablesize *t, char *buf, size_t size)
{
	switch (t->verdict) {
	case TABLESIZE_SAME:
		snprintf(
			buf, size,
			"the MSI-X table is as large as the kernel takes it to be: vector %u of %u "
			"%s",
			t->reported - 1, t->reported,
			t->host_short ? "is not refused for its number, but the host has no "
					"vector left for it"
			: t->in_place ? "could be added"
				      : "could be enabled with all before it");
		return;
	case TABLESIZE_GREW:
		snprintf(buf, size,
			 "the device changed its MSI-X table size behind the kernel (was %u, now "
			 "%u): rebind the driver, or use sriov_set_msix_vec_count",
			 t->kernel, t->reported);
		return;
	case TABLESIZE_DIFFERS:
		snprintf(buf, size,
			 "GET_IRQ_INFO reports %u MSI-X vectors, the device's capability has %u: "
			 "a fault of the driver that is bound to it",
			 t->reported, t->entries);
		return;
	default:
		snprintf(buf, size, "cannot check: %s", t->why);
	}
}

static const struct {
	const char *word;
	enum exit_code exit;
} check_results[] = {
	[TABLESIZE_SAME] = {"ok", EXIT_PASS},
	[TABLESIZE_GREW] = {"FINDING", EXIT_FINDING},
	[TABLESIZE_DIFFERS] = {"FINDING", EXIT_FINDING},
	[TABLESIZE_UNKNOWN] = {"SKIPPED", EXIT_SKIP},
};

static void print_check(FILE *f, const struct tablesize *t)
{
	char text[320];

	check_text(t, text, sizeof(text));
	terminal_line(f, 9, "check    %s  %s", check_results[t->verdict].word, text);
}

/* 0 is a number of vectors that nobody has found out. */
static void write_size(struct json *j, const char *key, uint32_t n)
{
	if (n)
		json_u64(j, key, n);
	else
		json_str(j, key, NULL);
}

static void write_check(struct json *j, const struct tablesize *t)
{
	char text[320];

	check_text(t, text, sizeof(text));
	json_object_begin(j, "check");
	json_str(j, "verdict", tablesize_names[t->verdict]);
	json_str(j, "text", text);
	json_u64(j, "vectors", t->reported);
	write_size(j, "kernel_vectors", t->kernel);
	write_size(j, "table_entries", t->entries);
	json_bool(j, "in_place", t->in_place);
	json_bool(j, "host_short", t->host_short);
	json_u64(j, "calls", t->calls);
	json_object_end(j);
}

static void write_irq(struct json *j, const struct backend_desc *d, uint32_t i)
{
	char flags[80];

	json_object_begin(j, NULL);
	json_u64(j, "index", i);
	json_str(j, "name", irq_index_name(i));
	json_u64(j, "count", d->irq[i].count);
	json_u64(j, "flags", d->irq[i].flags);
	json_str(j, "flags_text", irq_info_flags(d->irq[i].flags, flags, sizeof(flags)));
	json_bool(j, "dynamic", grows(d, i));
	json_object_end(j);
}

/* @t is NULL when nothing was checked. */
static void write_json(FILE *f, const struct backend_desc *d, const struct host_limits *limits,
		       const struct tablesize *t)
{
	struct json j;

	json_init(&j, f);
	json_object_begin(&j, NULL);
	json_str(&j, "schema", "irqstorm.info/1");
	json_str(&j, "version", irqstorm_version);
	json_str(&j, "target", d->target);
	json_str(&j, "device", d->device);
	json_str(&j, "kernel", d->kernel);
	json_str(&j, "profile", d->profile);
	json_str(&j, "via", *d->via ? d->via : NULL);
	info_write_features(&j, d);
	json_str(&j, "trigger", d->trigger);
	json_u64(&j, "fire_max", d->fire_max);
	json_array_begin(&j, "caps");
	for (size_t i = 0; i < N_CAPS; i++) {
		if (d->caps & cap_names[i].bit)
			json_str(&j, NULL, cap_names[i].name);
	}
	json_array_end(&j);
	json_array_begin(&j, "irqs");
	for (uint32_t i = 0; i < VFIO_PCI_NUM_IRQS; i++)
		write_irq(&j, d, i);
	json_array_end(&j);
	json_bool(&j, "msix_dynamic", grows(d, VFIO_PCI_MSIX_IRQ_INDEX));
	json_array_begin(&j, "host_limits");
	for (uint32_t i = 0; i < limits->n; i++)
		json_str(&j, NULL, limits->text[i]);
	json_array_end(&j);
	if (t)
		write_check(&j, t);
	else
		json_str(&j, "check", NULL);
	json_object_end(&j);
	json_finish(&j);
}

/* @t is NULL when nothing is to be checked. */
static int look(const char *target, struct backend_desc *d, struct host_limits *limits,
		struct tablesize *t, struct errmsg *e)
{
	struct backend *be;
	int err;

	err = target_open(target, &be, e);
	if (err)
		return err;
	err = backend_describe(be, d);
	if (err)
		errmsg_set(e, err, EXIT_ENVIRONMENT, "%s: cannot be described: %s", target,
			   strerror(-err));
	if (!err) {
		backend_ask_features(be, d);
		backend_host_limits(be, limits);
	}
	if (!err && t)
		err = tablesize_check(be, t, e);
	if (err || (t && t->verdict != TABLESIZE_SAME))
		err = gone_explain(be, err, e);
	backend_close(be);
	return err;
}

static int info_run(const struct command *cmd, int argc, char **argv)
{
	struct info_options o = {0};
	struct tablesize size, *checked;
	struct outfile out, table;
	struct backend_desc d;
	struct host_limits limits;
	struct errmsg e = {0};
	int code;

	code = command_parse_only(cmd, argc, argv, &o);
	if (code >= 0)
		return code;
	if (o.features)
		return info_list_features();
	checked = o.check ? &size : NULL;
	if (outfile_open(&out, o.json, &e))
		goto fail;
	if (look(o.target, &d, &limits, checked, &e)) {
		outfile_abort(&out);
		goto fail;
	}
	code = checked ? (int)check_results[checked->verdict].exit : EXIT_PASS;
	if (out.f)
		write_json(out.f, &d, &limits, checked);
	if (outfile_commit(&out, &e))
		goto fail;
	if (o.json && !strcmp(o.json, "-"))
		return code;
	/* Through an outfile, so that a full disk behind stdout is an error as well. */
	if (outfile_open(&table, "-", &e))
		goto fail;
	print_table(table.f, &d, &limits);
	if (checked)
		print_check(table.f, checked);
	if (outfile_commit(&table, &e))
		goto fail;
	return code;

fail:
	log_error("%s", e.text);
	return (int)e.exit;
}

const struct command cmd_info = {
	.name = "info",
	.summary = "Show what a target is and what its interrupts can do.",
	.synopsis = "[--target T] [--check] [--json FILE] | --features",
	.description = TARGET_HELP
	"\nA line `host` says what SET_IRQS has to reckon with here: an interrupt line that\n"
	"is shared and cannot be, fewer vectors than the device has.\n"
	"\nA line `has` names features of kernel and host, and how each was found out:\n"
	"`probe`, by the device's own answers, which leaves no trace in it; `arch` and\n"
	"`version`, by the kernel's release. A line `lacks` has what a probe showed not\n"
	"to be there, a line `unusual` where a probe and the release disagree: a\n"
	"backport, or another host; no fault.\n"
	"\nWith --check: exit code 0 when the kernel takes every MSI-X vector that the\n"
	"device reports; 1 when the device changed its table behind the kernel, and the\n"
	"new vectors cannot be had; 4 when that cannot be tried (no MSI-X). A host that\n"
	"has run out of vectors is not the device's fault: 0, and it says so.\n",
	.examples = "  irqstorm info\n"
		    "  irqstorm info --features\n"
		    "  irqstorm info --target vfio:auto --check\n"
		    "  irqstorm info --target emu:vectors=64,grown=128 --check\n"
		    "  irqstorm info --target vfio:0000:00:03.0,trigger=loopback --json -\n",
	.opts = info_opts,
	.words = words_info,
	.run = info_run,
};
