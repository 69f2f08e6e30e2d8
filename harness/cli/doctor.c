/* SPDX-License-Identifier: MIT */
/* irqstorm doctor: what this machine can and cannot do, check by check, and what to do about it. */
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "cli/commands.h"
#include "cli/words.h"
#include "doctor/doctor.h"
#include "support/json.h"
#include "support/log.h"
#include "support/outfile.h"
#include "support/table.h"
#include "support/version.h"

struct doctor_options {
	const char *out, *json;
};

#define FIELD(f) offsetof(struct doctor_options, f)

static const struct opt doctor_opts[] = {
	{.type = OPT_STRING,
	 .name = "out",
	 .arg = "DIR",
	 .def = ".",
	 .offset = FIELD(out),
	 .help = "Where results are to go: whether there is space."},
	{.type = OPT_OUTFILE,
	 .name = "json",
	 .arg = "FILE",
	 .offset = FIELD(json),
	 .help = "The same as JSON, schema irqstorm.doctor/1; - is stdout, in place of the text."},
	OPT_TABLE_END,
};

static const char *const use_headings[DOCTOR_USES] = {
	[DOCTOR_EMULATOR] = "Emulator (stress, bench, run, diff, explore)",
	[DOCTOR_DEVICE] = "Devices of this machine (--target vfio:...)",
	[DOCTOR_GUEST] = "Guests (irqstorm guest)",
	[DOCTOR_CAMPAIGN] = "Fuzzing (irqstorm campaign)",
};

const struct table_column doctor_columns[] = {
	{.heading = "mark",
	 .help = "ok; no: is missing; note: works without, or worth knowing.",
	 .align = TABLE_LEFT},
	{.heading = "subject", .help = "What was looked at.", .align = TABLE_LEFT},
	{.heading = "found",
	 .help = "What was found; after a no what that means, and what to do.",
	 .align = TABLE_FOLD},
	TABLE_COLUMNS_END,
};

static enum terminal_style mark_style(enum doctor_mark mark)
{
	return mark == DOCTOR_OK ? STYLE_GOOD : mark == DOCTOR_NO ? STYLE_BAD : STYLE_DOUBT;
}

/* What is missing though the use can be had: no one reads past "can be used". */
static void lacks(const struct doctor *d, enum doctor_use use, char *text, size_t size)
{
	const char *between = ", but without: ";
	size_t at = 0;

	*text = '\0';
	for (size_t i = 0; doctor_checks[i].id; i++) {
		if (doctor_checks[i].use != use || d->line[i].mark != DOCTOR_NO)
			continue;
		if (at < size)
			at += (size_t)snprintf(text + at, size - at, "%s%s", between,
					       doctor_checks[i].subject);
		between = ", ";
	}
}

static void print_use(FILE *f, const struct doctor *d, enum doctor_use use)
{
	const struct doctor_check *stop = doctor_stopped(d, use);
	char without[512];
	struct table t;

	lacks(d, use, without, sizeof(without));
	if (stop)
		terminal_line(f, 2, "%s: no, for want of: %s", use_headings[use], stop->subject);
	else
		terminal_line(f, 2, "%s: can be used%s", use_headings[use], without);
	table_init(&t, doctor_columns);
	t.indent = 2;
	t.no_head = true;
	for (size_t i = 0; doctor_checks[i].id; i++) {
		const struct doctor_line *l = &d->line[i];

		if (doctor_checks[i].use != use)
			continue;
		table_styled(&t, mark_style(l->mark), "%s", doctor_mark_names[l->mark]);
		table_cell(&t, "%s", doctor_checks[i].subject);
		table_cell(&t, "%s%s%s", l->found, *l->todo ? "; " : "", l->todo);
	}
	table_write(&t, f);
	table_free(&t);
}

static void print_text(FILE *f, const struct doctor *d, const struct utsname *u)
{
	terminal_line(f, 2, "irqstorm %s on %s %s, %s", irqstorm_version, u->sysname, u->release,
		      u->machine);
	for (int use = 0; use < DOCTOR_USES; use++) {
		fputc('\n', f);
		print_use(f, d, (enum doctor_use)use);
	}
}

static void write_check(struct json *j, const struct doctor_check *c, const struct doctor_line *l)
{
	json_object_begin(j, NULL);
	json_str(j, "id", c->id);
	json_str(j, "subject", c->subject);
	json_str(j, "use", doctor_use_names[c->use]);
	json_str(j, "mark", doctor_mark_names[l->mark]);
	json_str(j, "found", l->found);
	json_str(j, "todo", *l->todo ? l->todo : NULL);
	json_array_begin(j, "stops");
	for (int use = 0; use < DOCTOR_USES; use++) {
		if (c->stops & DOCTOR_STOPS(use))
			json_str(j, NULL, doctor_use_names[use]);
	}
	json_array_end(j);
	json_object_end(j);
}

static void write_json(FILE *f, const struct doctor *d, const struct utsname *u)
{
	struct json j;

	json_init(&j, f);
	json_object_begin(&j, NULL);
	json_str(&j, "schema", "irqstorm.doctor/1");
	json_str(&j, "version", irqstorm_version);
	json_str(&j, "kernel", u->release);
	json_str(&j, "machine", u->machine);
	json_object_begin(&j, "uses");
	for (int use = 0; use < DOCTOR_USES; use++) {
		const struct doctor_check *stop = doctor_stopped(d, (enum doctor_use)use);

		json_object_begin(&j, doctor_use_names[use]);
		json_bool(&j, "works", !stop);
		json_str(&j, "stopped_by", stop ? stop->id : NULL);
		json_object_end(&j);
	}
	json_object_end(&j);
	json_object_begin(&j, "noise_ns");
	json_u64(&j, "n", d->late.n);
	json_u64(&j, "p50", hist_quantile(&d->late, 0.5));
	json_u64(&j, "p99", hist_quantile(&d->late, 0.99));
	json_u64(&j, "max", d->late.n ? d->late.max : 0);
	json_bool(&j, "quiet", !d->noisy);
	json_object_end(&j);
	json_array_begin(&j, "checks");
	for (size_t i = 0; doctor_checks[i].id; i++)
		write_check(&j, &doctor_checks[i], &d->line[i]);
	json_array_end(&j);
	json_object_end(&j);
	json_finish(&j);
}

/* Results through an outfile, so that a full disk behind stdout is an error as well. */
static int tell(const struct doctor *d, struct outfile *json, bool text, struct errmsg *e)
{
	struct utsname u = {0};
	struct outfile out;
	int err;

	uname(&u);
	if (json->f)
		write_json(json->f, d, &u);
	err = outfile_commit(json, e);
	if (err || !text)
		return err;
	err = outfile_open(&out, "-", e);
	if (err)
		return err;
	print_text(out.f, d, &u);
	return outfile_commit(&out, e);
}

static int doctor_run(const struct command *cmd, int argc, char **argv)
{
	struct doctor_options o = {0};
	struct errmsg e = {0};
	struct outfile json;
	struct doctor *d;
	int code;

	code = command_parse_only(cmd, argc, argv, &o);
	if (code >= 0)
		return code;
	if (outfile_open(&json, o.json, &e)) {
		log_error("%s", e.text);
		return (int)e.exit;
	}
	d = calloc(1, sizeof(*d));
	if (!d) {
		outfile_abort(&json);
		log_error("out of memory");
		return EXIT_ENVIRONMENT;
	}
	d->root = "";
	d->out = o.out;
	d->ops = &doctor_system;
	doctor_examine(d);
	code = doctor_stopped(d, DOCTOR_EMULATOR) ? EXIT_ENVIRONMENT : EXIT_PASS;
	if (tell(d, &json, !o.json || strcmp(o.json, "-"), &e)) {
		log_error("%s", e.text);
		code = (int)e.exit;
	}
	free(d);
	return code;
}

const struct command cmd_doctor = {
	.name = "doctor",
	.summary = "Say what this machine can and cannot do, and what to do about it.",
	.synopsis = "[--out DIR] [--json FILE]",
	.description =
		"Looks at what the emulator, devices of this machine, guests and fuzzing need, "
		"and\n"
		"prints a line for each thing: ok, no or note, what was found, and what a no "
		"means\n"
		"and what to do. Takes about a second, in which a sleeper measures how late it is\n"
		"woken up: that much of a latency figure is the machine's own. Changes nothing,\n"
		"and opens no device.\n"
		"\n"
		"Exit code 0 when everything can be run on the emulator; 3 when something is\n"
		"missing that every use needs. What a device, a guest or a campaign lacks is told\n"
		"and changes nothing about that.\n",
	.examples = "  irqstorm doctor\n"
		    "  irqstorm doctor --json doctor.json\n"
		    "  irqstorm guest -- doctor\n",
	.opts = doctor_opts,
	.words = words_doctor,
	.one_thread = true,
	.run = doctor_run,
};
