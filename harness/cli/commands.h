/* SPDX-License-Identifier: MIT */
/*
 * commands: the subcommands, one file each (cli/NAME.c); main.c lists them. A subcommand parses its
 * own options from its table, prints results to stdout and everything else to stderr, and returns
 * an exit code of errmsg.h.
 */
#ifndef IRQSTORM_CLI_COMMANDS_H
#define IRQSTORM_CLI_COMMANDS_H

#include "exec/target.h"
#include "support/opt.h"

/* A row that many option tables have. */
#define OPT_ROW_TARGET(field)                                                                      \
	{                                                                                          \
		.type = OPT_STRING, .name = "target", .arg = "T", .def = "emu", .offset = (field), \
		.begins = {target_begins}, .help = "The device, see above; in a guest vfio:auto."  \
	}

#define OPT_ROW_BUG(field)                                                                         \
	{                                                                                          \
		.type = OPT_STRING, .name = "bug", .arg = "ID", .offset = (field),                 \
		.help = "Plant this bug of docs/zoo.md in the emulator, as the target key bug=ID " \
			"does. Only the presets zoo and zoo-afl have them."                        \
	}

#define OPT_ROW_SEED(field)                                                                        \
	{                                                                                          \
		.type = OPT_SEED, .name = "seed", .arg = "N", .offset = (field),                   \
		.help = "Seed of everything random (default: chosen and printed)."                 \
	}

#define OPT_ROW_RESIZE_RATE(field)                                                                 \
	{                                                                                          \
		.type = OPT_RATE, .name = "resize-rate", .arg = "HZ|max", .def = "500", .min = 1,  \
		.max = 1000000, .offset = (field),                                                 \
		.help = "Resizes a second; never more than half of the time is spent inside "      \
			"calls."                                                                   \
	}

extern const struct command cmd_info;
extern const struct command cmd_stress;
extern const struct command cmd_bench;
extern const struct command cmd_report;
extern const struct command cmd_run;
extern const struct command cmd_diff;
extern const struct command cmd_explore;
extern const struct command cmd_minimize;
extern const struct command cmd_export;
extern const struct command cmd_campaign;
extern const struct command cmd_zoo;
extern const struct command cmd_gate;
extern const struct command cmd_nightly;
extern const struct command cmd_guest;
extern const struct command cmd_kernel;
extern const struct command cmd_doctor;
extern const struct command cmd_manual;

/* All of them; NULL at and beyond the end. */
const struct command *command_at(size_t i);
/* NULL when there is no such subcommand. */
const struct command *command_find(const char *name);

/*
 * Parse @cmd's options into @config (defaults first). -1: go on. Otherwise the exit code to return:
 * help was printed, or the error was.
 */
int command_parse(const struct command *cmd, int argc, char **argv, void *config, int *rest);

/* What --target is where nobody says: the device of a guest inside of one, else @here. */
const char *command_target(const char *here);

/* The same for a subcommand that takes no other words. */
int command_parse_only(const struct command *cmd, int argc, char **argv, void *config);

/*
 * The signal that told us to stop while it was not blocked, 0: none did. A call that was waiting
 * then failed with EINTR; the second one ends us.
 */
int command_stopped(void);
/* To be called with one that came otherwise. */
void command_note_stop(int sig);

/* Text on stdout is to arrive: @code, or EXIT_ENVIRONMENT and an error when it did not. */
int command_flush(int code);

/* A seed for a run that was given none. */
uint64_t command_random_seed(void);

#endif
