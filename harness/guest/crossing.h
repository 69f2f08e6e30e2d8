/* SPDX-License-Identifier: MIT */
/*
 * crossing: what of a command line must be inside the guest too. The subcommand's own option table
 * tells which values are files to read or to write; other words are files when they exist.
 */
#ifndef IRQSTORM_GUEST_CROSSING_H
#define IRQSTORM_GUEST_CROSSING_H

#include "guest/guest.h"
#include "support/opt.h"

/* What crosses into the guest and back, and the command line rewritten for it. */
struct crossing {
	char **argv;
	int argc;
	struct guest_infile *in;
	size_t n_in;
	struct guest_outfile *out;
	size_t n_out;
};

/*
 * @argv begins with the subcommand's name, as opt_next() wants it; @cmd NULL: with a program of the
 * user's own. A folder among the words stands for its *.irq files. 0, or -errno with @e; free in
 * any case.
 */
int crossing_init(struct crossing *x, const struct command *cmd, int argc, char **argv,
		  struct errmsg *e);

/*
 * For programs that read folders: what is left of the words and names one crosses as a folder, with
 * the files right in it. What the guest adds there stays there. 0, or -errno with @e.
 */
int crossing_folders(struct crossing *x, struct errmsg *e);

/*
 * The empty folder @host more, which comes back with what the guest writes into it; once. @inside:
 * its name in the guest, of @x.
 */
int crossing_out_folder(struct crossing *x, const char *host, const char **inside,
			struct errmsg *e);

/*
 * Tell programs in the guest what the host calls their files (support/crossed.h), as an environment
 * variable of this process, which all of its guests get. 0 or -errno.
 */
int crossing_tell(const struct crossing *x);

void crossing_free(struct crossing *x);

#endif
