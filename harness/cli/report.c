/* SPDX-License-Identifier: MIT */
/* irqstorm report: what benches and runs came to, as a table or as one page. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/words.h"
#include "report/load.h"
#include "report/page.h"
#include "report/paste.h"
#include "report/plain.h"
#include "report/text.h"
#include "support/log.h"

struct report_options {
	const char *html, *svg;
	bool markdown, csv;
};

#define FIELD(f) offsetof(struct report_options, f)

static const struct opt report_opts[] = {
	{.type = OPT_OUTFILE,
	 .name = "html",
	 .arg = "FILE",
	 .offset = FIELD(html),
	 .help = "One self-contained page, in place of the text; - is stdout."},
	{.type = OPT_STRING,
	 .name = "svg",
	 .arg = "NAME",
	 .offset = FIELD(svg),
	 .help = "One chart of that page, alone, on stdout, by the name of its link in the "
		 "page; list names all that there are."},
	{.type = OPT_FLAG,
	 .name = "markdown",
	 .offset = FIELD(markdown),
	 .help = "For a mail or a pull request: at most 80 columns wide."},
	{.type = OPT_FLAG,
	 .name = "csv",
	 .offset = FIELD(csv),
	 .help = "One line for each cell, with all its figures."},
	OPT_TABLE_END,
};

static int complain(const struct errmsg *e)
{
	log_error("%s", e->text);
	return (int)e->exit;
}

/* Results that are no storms: their figures, or two and more side by side. */
static void show_plain(const struct page_run *runs, size_t n)
{
	if (n == 1)
		plain_text(runs[0].summary, stdout);
	for (size_t i = 1; i < n; i++)
		plain_comparison(runs[0].summary, runs[0].label, runs[i].summary, runs[i].label,
				 stdout);
}

static void show_text(const char *kind, const struct page_run *runs, size_t n)
{
	if (!load_is_storm(kind)) {
		show_plain(runs, n);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		if (n > 1)
			printf("%s%s\n", i ? "\n" : "", runs[i].label);
		text_summary(runs[i].summary, stdout);
	}
	for (size_t i = 1; i < n; i++)
		text_comparison(&runs[0], &runs[i], stdout);
}

static int show(const struct report_options *o, const char *kind, const struct page_run *runs,
		size_t n)
{
	struct errmsg e = {0};
	int code = EXIT_PASS;

	if ((o->html || o->svg || o->markdown || o->csv) && !load_is_storm(kind)) {
		log_error("%s: that is of storms, and %s is of irqstorm %s",
			  o->html       ? "--html"
			  : o->svg      ? "--svg"
			  : o->markdown ? "--markdown"
					: "--csv",
			  runs[0].label, kind);
		return EXIT_USAGE;
	}
	if (o->html && page_publish(o->html, runs, n, &e))
		return complain(&e);
	if (o->svg && page_chart(stdout, runs, n, o->svg, &e))
		return complain(&e);
	if (o->markdown)
		paste_markdown(stdout, runs, n);
	if (o->csv)
		paste_csv(stdout, runs, n);
	if (!o->html && !o->svg && !o->markdown && !o->csv)
		show_text(kind, runs, n);
	return command_flush(code);
}

static int report_main(const struct command *cmd, int argc, char **argv)
{
	struct report_options o = {0};
	struct page_run *runs;
	char kind[32] = "", first[32] = "";
	struct errmsg e = {0};
	size_t n = 0, want;
	int rest, code;

	/* Before the words change places: the option would take the folder for its value. */
	if (argc > 1 && (!strcmp(argv[argc - 1], "--html") || !strcmp(argv[argc - 1], "--svg"))) {
		log_error("%s needs a value (%s)", argv[argc - 1],
			  strcmp(argv[argc - 1], "--svg") ? "FILE" : "NAME");
		return EXIT_USAGE;
	}
	opt_first(cmd, argc, argv);
	code = command_parse(cmd, argc, argv, &o, &rest);
	if (code >= 0)
		return code;
	if ((o.svg != NULL) + o.markdown + o.csv + (o.html && !strcmp(o.html, "-")) > 1) {
		log_error("--svg, --markdown, --csv and --html - all write to stdout: name one");
		return EXIT_USAGE;
	}
	want = (size_t)(argc - rest);
	if (!want) {
		log_error("nothing to report: name a folder of irqstorm bench --out, its "
			  "summary.json, or the JSON of irqstorm stress, gate, diff or another");
		return EXIT_USAGE;
	}
	runs = calloc(want, sizeof(*runs));
	code = runs ? EXIT_PASS : EXIT_ENVIRONMENT;
	for (; runs && n < want; n++) {
		runs[n].label = argv[rest + (int)n];
		runs[n].summary = load_result(runs[n].label, kind, sizeof(kind), &e);
		if (!runs[n].summary) {
			code = complain(&e);
			break;
		}
		if (n && strcmp(kind, first)) {
			log_error("%s is of irqstorm %s and %s of irqstorm %s: only results of the "
				  "same kind compare",
				  runs[0].label, first, runs[n].label, kind);
			code = EXIT_USAGE;
			n++;
			break;
		}
		memcpy(first, kind, sizeof(first));
	}
	if (code == EXIT_PASS)
		code = show(&o, kind, runs, n);
	while (runs && n)
		json_decref((json_t *)(uintptr_t)runs[--n].summary);
	free(runs);
	return code;
}

const struct command cmd_report = {
	.name = "report",
	.summary = "Show what benches and stress runs came to, alone or side by side.",
	.synopsis = "[OPTION...] DIR|FILE...",
	.description =
		"Reads folders of `irqstorm bench --out`, their summary.json, or what --json of\n"
		"stress, gate, diff, explore, run, zoo or campaign wrote. With two or more of a\n"
		"kind, the others are compared with the first: what differs in their settings,\n"
		"each figure with its interval, and the ratio. A difference is claimed only where\n"
		"the intervals do not overlap and the repeats are enough to tell.\n",
	.examples = "  irqstorm report results/local/b1\n"
		    "  irqstorm report before/ after/ --html compare.html\n"
		    "  irqstorm report run.json --html run.html\n"
		    "  irqstorm report results/local/b1 --svg losses > losses.svg\n"
		    "  irqstorm report results/local/b1 --markdown\n"
		    "  irqstorm report gate-of-yesterday.json gate.json\n",
	.opts = report_opts,
	.words = words_bench,
	.one_thread = true,
	.mixed = true,
	.run = report_main,
};
