/* SPDX-License-Identifier: MIT */
/*
 * command: the command line of one child: `irqstorm SUBCOMMAND`, in a guest where the scenario says
 * so. What a report prints to repeat it is the same line without what only the gate wants.
 */
#ifndef IRQSTORM_GATE_COMMAND_H
#define IRQSTORM_GATE_COMMAND_H

#include <stdbool.h>

#include "campaign/child.h"
#include "gate/scenario.h"

struct gate_job {
	const struct scenario *s;
	const char *binary;
	const char *target;   /* with a planted fault, if there is one */
	const char *strategy; /* stress and latency */
	const char *kernel;   /* NULL: here */
	const char *corpus;   /* the folder */
	const char *fuzz_dir; /* NULL: the random generator stands in for an engine */
	uint64_t seed;
	uint64_t duration_ns; /* stress */
	bool control;         /* latency: measure the control too */
	const char *json;     /* the result, NULL to leave it out */
	const char *save;     /* what a campaign keeps; likewise */
	const char *log;      /* a guest's kernel log; likewise */
	uint64_t timeout_ns;  /* of a guest; 0: its own */
};

/*
 * @w borrows from @job, and from @files: what the words of `programs` come to, which
 * command_files_free() frees. 0 or -errno with @e.
 */
int command_build(const struct gate_job *job, struct words *w, char ***files, struct errmsg *e);
void command_files_free(char **files);

/* A file's name as a guest has it, /in/NUMBER.NAME, becomes the one that it was given by. */
void command_program(const struct gate_job *job, char *program, size_t size);

/* For people: the program's name in place of its path, quoted for a shell. Returns @buf. */
const char *command_text(const struct gate_job *job, char *buf, size_t size);

#endif
