/* SPDX-License-Identifier: MIT */
/* irqstorm manual: its man pages and its bash completion. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "cli/manual.h"
#include "guest/fsutil.h"
#include "support/log.h"
#include "support/outfile.h"

struct manual_options {
	bool completion;
	const char *out;
};

#define FIELD(f) offsetof(struct manual_options, f)

static const struct opt manual_opts[] = {
	{.type = OPT_FLAG,
	 .name = "completion",
	 .offset = FIELD(completion),
	 .help = "The bash completion in place of a page."},
	{.type = OPT_STRING,
	 .name = "out",
	 .arg = "DIR",
	 .offset = FIELD(out),
	 .help = "Write all of it there, as it is installed: man1/*.1 and "
		 "bash-completion/irqstorm."},
	OPT_TABLE_END,
};

struct manual_part {
	const struct command *cmd; /* NULL: of irqstorm itself */
	bool completion;
};

static int write_part(const struct manual_part *part, const char *path, struct errmsg *e)
{
	struct outfile out;
	int err = outfile_open(&out, path, e);

	if (err)
		return err;
	if (part->completion)
		manual_completion(out.f);
	else
		manual_page(part->cmd, out.f);
	return outfile_commit(&out, e);
}

static int make_folder(const char *dir, const char *leaf, struct errmsg *e)
{
	char path[PATH_MAX];
	int err;

	snprintf(path, sizeof(path), "%s/%s", dir, leaf);
	err = fs_mkdirs(path);
	return err ? errmsg_set(e, err, EXIT_ENVIRONMENT, "cannot make %s: %s", path,
				strerror(-err))
		   : 0;
}

static int write_all_parts(const char *dir, struct errmsg *e)
{
	struct manual_part part = {0};
	char path[PATH_MAX];
	int err = make_folder(dir, "man1", e);

	if (!err)
		err = make_folder(dir, "bash-completion", e);
	if (err)
		return err;
	snprintf(path, sizeof(path), "%s/man1/irqstorm.1", dir);
	err = write_part(&part, path, e);
	for (size_t i = 0; !err && (part.cmd = command_at(i)); i++) {
		snprintf(path, sizeof(path), "%s/man1/irqstorm-%s.1", dir, part.cmd->name);
		err = write_part(&part, path, e);
	}
	if (err)
		return err;
	part.completion = true;
	snprintf(path, sizeof(path), "%s/bash-completion/irqstorm", dir);
	return write_part(&part, path, e);
}

static int manual_run(const struct command *cmd, int argc, char **argv)
{
	struct manual_options o = {0};
	struct manual_part part = {0};
	struct errmsg e = {0};
	int rest, code;

	code = command_parse(cmd, argc, argv, &o, &rest);
	if (code >= 0)
		return code;
	if (argc - rest > 1 || (argc > rest && (o.completion || o.out))) {
		log_error("unexpected word '%s'; see irqstorm manual --help", argv[argc - 1]);
		return EXIT_USAGE;
	}
	if (argc > rest) {
		part.cmd = command_find(argv[rest]);
		if (!part.cmd) {
			log_error("no subcommand '%s'; see irqstorm --help", argv[rest]);
			return EXIT_USAGE;
		}
	}
	part.completion = o.completion;
	if (o.out ? write_all_parts(o.out, &e) : write_part(&part, "-", &e)) {
		log_error("%s", e.text);
		return (int)e.exit;
	}
	return EXIT_PASS;
}

const struct command cmd_manual = {
	.name = "manual",
	.summary = "Write the man pages and the bash completion.",
	.synopsis = "[SUBCOMMAND | --completion | --out DIR]",
	.description =
		"Without a word the page irqstorm(1), with one that of the subcommand, as roff:\n"
		"installed or not, `man -l` shows it. The package brings all of this along.\n",
	.examples = "  irqstorm manual stress | man -l -\n"
		    "  source <(irqstorm manual --completion)\n",
	.opts = manual_opts,
	.one_thread = true,
	.run = manual_run,
};
