/* SPDX-License-Identifier: MIT */
/*
 * finding: how run, diff and explore tell of a difference: what, where, the program, and the one
 * command that shows it again.
 */
#ifndef IRQSTORM_CLI_FINDING_H
#define IRQSTORM_CLI_FINDING_H

#include <stdio.h>

#include "exec/executor.h"
#include "exec/sequence.h"
#include "support/json.h"
#include "support/outfile.h"

struct finding {
	const struct exec_result *r;
	const struct program *p;
	/* What the program is worth alone, and what ran before it; NULL where that was not asked.
	 */
	const struct settled *settled;
	const struct sequence *sequence;
	const char *target;     /* as given */
	const char *whole;      /* the command that repeats all of the run, or NULL */
	const char *folder;     /* of the sequence, where it was saved; or NULL */
	const char *json;       /* the file that has it too, which `run` takes; or NULL */
	const char *shown_on;   /* or NULL: where it is shown, if that is another */
	uint32_t inspect_every; /* how closely it was looked at (exec/executor.h) */
	bool handed_over;       /* to the command outside of this guest, which shows the programs */
};

/* The files of a finding that a guest hands over (IRQSTORM_FINDING names the folder). */
#define FINDING_HANDED_KEY     "finding" /* lines: the key, the target, inspect_every */
#define FINDING_HANDED_PROGRAM "program" /* as it was shortened */
/* and the last programs as they were found: 00.irq and so on */

/*
 * In a guest whose host can try it in others: the finding of a real device that was not tried
 * anywhere is handed over, and its programs are not shown here.
 */
void finding_hand_over(struct finding *f);

/* Object @key, or null when nothing was found. */
void finding_json(struct json *j, const char *key, const struct finding *f);
/* The difference, the program or the sequence of them as text, and how to run it again. */
void finding_print(FILE *to, const struct finding *f);
/* The same without the difference: what is shown where it was found out what shows it. */
void finding_print_programs(FILE *to, const struct finding *f, const char *where);
/*
 * The program into @save if something was found, nothing at its place otherwise. Of a sequence it
 * is the last one, and all are in the folder NAME.sequence. 0 or -errno.
 */
int finding_save(struct outfile *save, const struct finding *f, struct errmsg *e);
/* All programs of @s as @dir/00.irq and so on, the oldest first. 0 or -errno with @e. */
int finding_save_sequence(const char *dir, const struct sequence *s, struct errmsg *e);
/* A line, if the host refused any of the calls. */
void finding_print_refused(FILE *f, uint64_t calls, const char *why);
/* Object @key: how often the model decided by each rule, and those it never did. */
void finding_rules_json(struct json *j, const char *key, const struct rule_counts *rules);
/* Set for a run of what a result in JSON holds: the result, as its programs' files do not stay. */
#define FINDING_ARTIFACT "IRQSTORM_ARTIFACT"

/* "irqstorm", or where this runs in a guest (IRQSTORM_VIA) "irqstorm guest ... --". */
const char *finding_command(void);

#endif
