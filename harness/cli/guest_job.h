/* SPDX-License-Identifier: MIT */
/*
 * guest_job: what irqstorm guest is to run inside: a subcommand of irqstorm, a fuzz target that is
 * built so that it can run there, or a static program of the user's own; and what follows from that
 * for the machine.
 */
#ifndef IRQSTORM_CLI_GUEST_JOB_H
#define IRQSTORM_CLI_GUEST_JOB_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "guest/arch.h"
#include "support/errmsg.h"
#include "support/opt.h"

struct guest_job {
	const struct command *sub; /* NULL: a program */
	bool fuzz;                 /* which is a fuzz target */
	const char *fuzz_dir;
	char **argv; /* the command line, its name first; the words are the caller's */
	int argc;
};

/*
 * @argv: what the user wants to run; @fuzz_dir: where fuzz targets are, NULL for where they are
 * built. 0 or -errno with @e; free in any case.
 */
int guest_job_init(struct guest_job *job, const char *fuzz_dir, int argc, char **argv,
		   struct errmsg *e);

/* The program, where @job is one, for a guest of @arch. 0, or -errno with @e. */
int guest_job_program(const struct guest_job *job, const struct guest_arch *arch,
		      char program[PATH_MAX], struct errmsg *e);
void guest_job_free(struct guest_job *job);

/* Where the user does not say. */
unsigned int guest_job_cpus(const struct guest_job *job);
uint64_t guest_job_timeout(const struct guest_job *job);

#endif
