/* SPDX-License-Identifier: MIT */
/*
 * finding: how run, diff and explore tell of a difference: what, where, the program, and the one
 * command that shows it again.
 */
#ifndef IRQSTORM_CLI_FINDING_H
#define IRQSTORM_CLI_FINDING_H

#include <stdio.h>

#include "exec/executor.h"
#include "support/json.h"
#include "support/outfile.h"

/* Object @key, or null when nothing was found. */
void finding_json(struct json *j, const char *key, const struct exec_result *r,
		  const struct program *p);
/* To stdout: the difference, the program as text, and how to run it again on @target. */
void finding_print(FILE *f, const struct exec_result *r, const struct program *p,
		   const char *target);
/* The program into @save if something was found, nothing at its place otherwise. 0 or -errno. */
int finding_save(struct outfile *save, const struct exec_result *r, const struct program *p,
		 struct errmsg *e);
/* A line, if the host refused any of the calls. */
void finding_print_refused(FILE *f, uint64_t calls, const char *why);
/* Object @key: how often the model decided by each rule, and those it never did. */
void finding_rules_json(struct json *j, const char *key, const struct rule_counts *rules);
/* "irqstorm", or where this runs in a guest (IRQSTORM_VIA) "irqstorm guest ... --". */
const char *finding_command(void);

#endif
