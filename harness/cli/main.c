/* SPDX-License-Identifier: MIT */
/* irqstorm: finds the subcommand and hands over. As /init of a guest it is the guest's init. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "cli/commands.h"
#include "guest/init.h"
#include "support/clock.h"
#include "support/log.h"
#include "support/sigstop.h"
#include "support/stopped.h"
#include "support/version.h"

static const struct command *const commands[] = {
	&cmd_info,    &cmd_stress,   &cmd_bench,  &cmd_report,   &cmd_run,    &cmd_diff,
	&cmd_explore, &cmd_minimize, &cmd_export, &cmd_campaign, &cmd_zoo,    &cmd_gate,
	&cmd_nightly, &cmd_guest,    &cmd_kernel, &cmd_doctor,   &cmd_manual,
};

#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

const struct command *command_at(size_t i)
{
	return i < N_COMMANDS ? commands[i] : NULL;
}

const struct command *command_find(const char *name)
{
	for (size_t i = 0; i < N_COMMANDS; i++) {
		if (!strcmp(commands[i]->name, name))
			return commands[i];
	}
	return NULL;
}

const char *command_target(const char *here)
{
	return getenv("IRQSTORM_GUEST") ? "vfio:auto" : here;
}

/* --target that is not given is the guest's device in a guest, not an emulator inside of it. */
static void own_target(const struct command *cmd, void *config)
{
	for (const struct opt *o = cmd->opts; o->type != OPT_END; o++) {
		if (o->type == OPT_STRING && o->def && !strcmp(o->name, "target"))
			*(const char **)(void *)((char *)config + o->offset) =
				command_target(o->def);
	}
}

int command_parse(const struct command *cmd, int argc, char **argv, void *config, int *rest)
{
	struct errmsg e = {0};
	int err;

	opt_defaults(cmd, config);
	own_target(cmd, config);
	err = opt_parse(cmd, argc, argv, config, rest, &e);
	if (err > 0)
		return EXIT_PASS;
	if (err < 0) {
		log_error("%s", e.text);
		return (int)e.exit;
	}
	return -1;
}

int command_parse_only(const struct command *cmd, int argc, char **argv, void *config)
{
	int rest, code = command_parse(cmd, argc, argv, config, &rest);

	if (code < 0 && rest < argc) {
		log_error("unexpected word '%s'; see irqstorm %s --help", argv[rest], cmd->name);
		return EXIT_USAGE;
	}
	return code;
}

uint64_t command_random_seed(void)
{
	uint64_t seed;

	if (getrandom(&seed, sizeof(seed), 0) != (ssize_t)sizeof(seed))
		seed = clock_ns();
	return seed;
}

int command_flush(int code)
{
	return log_stdout() ? EXIT_ENVIRONMENT : code;
}

static volatile sig_atomic_t stop_signal;

static void on_stop(int sig)
{
	stop_signal = sig;
}

int command_stopped(void)
{
	return stop_signal;
}

void command_note_stop(int sig)
{
	stop_signal = sig;
}

static void usage(FILE *f)
{
	fputs("usage: irqstorm SUBCOMMAND [OPTION...]\n\n"
	      "Fuzzing and stress tests for the Linux VFIO interrupt interface.\n\n"
	      "Subcommands:\n",
	      f);
	for (size_t i = 0; i < N_COMMANDS; i++)
		fprintf(f, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
	fputs("\nirqstorm SUBCOMMAND --help tells more. irqstorm --version prints the version.\n",
	      f);
}

static int unknown(const char *word)
{
	const char *names[N_COMMANDS], *guess;

	if (*word == '-') {
		log_error("unknown option '%s': options come after a subcommand; see irqstorm "
			  "--help",
			  word);
		return EXIT_USAGE;
	}
	for (size_t i = 0; i < N_COMMANDS; i++)
		names[i] = commands[i]->name;
	guess = opt_nearest(names, N_COMMANDS, word, strlen(word));
	log_error("no subcommand '%s'%s%s%s; see irqstorm --help", word,
		  guess ? " (did you mean " : "", guess ? guess : "", guess ? "?)" : "");
	return EXIT_USAGE;
}

/* What waits for input says so: stopped_ends_input(). */
static void listen(const struct command *cmd)
{
	struct sigaction sa = {.sa_handler = on_stop, .sa_flags = (int)SA_RESETHAND | SA_RESTART};
	sigset_t signals;

	if (cmd->stops) {
		sigstop_block(&signals);
		return;
	}
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
}

/* The last look at signals: one that came when all was said does not pass either. */
static int end(int code)
{
	bool cut_short = code == EXIT_ENVIRONMENT && stop_signal;
	sigset_t signals;
	int sig = stop_signal, with;

	sigstop_block(&signals);
	if (!sig)
		sig = sigstop_wait_until(&signals, 0);
	if (!sig || code >= 128)
		return code;
	with = stopped_code(cut_short ? EXIT_PASS : code, sig);
	if (with != code)
		log_note("STOPPED  by %s: %s", stopped_by(sig),
			 cut_short ? "it was not done" : "all of it was done");
	return with;
}

int main(int argc, char **argv)
{
	const struct command *cmd;

	if (guest_init_wanted(argv[0]))
		return guest_init();
	if (argc < 2) {
		usage(stderr);
		return EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
		cmd = argc > 2 ? command_find(argv[2]) : NULL;
		if (cmd)
			opt_help(cmd, stdout);
		else
			usage(stdout);
		return command_flush(EXIT_PASS);
	}
	if (!strcmp(argv[1], "--version")) {
		printf("irqstorm %s\n", irqstorm_version);
		return command_flush(EXIT_PASS);
	}
	cmd = command_find(argv[1]);
	if (!cmd)
		return unknown(argv[1]);
	listen(cmd);
	return end(command_flush(cmd->run(cmd, argc - 1, argv + 1)));
}
