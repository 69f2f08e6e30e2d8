/* SPDX-License-Identifier: MIT */
/*
 * manual: man pages and the bash completion, written from the subcommands' tables, so that neither
 * can tell anything else than --help. The text is that of --help: paragraphs are filled, what is
 * laid out by hand (indented lines, columns) stays as it is.
 */
#ifndef IRQSTORM_CLI_MANUAL_H
#define IRQSTORM_CLI_MANUAL_H

#include <stdio.h>

#include "cli/commands.h"

/* The page of @cmd, in man(7); @cmd NULL: that of irqstorm itself. */
void manual_page(const struct command *cmd, FILE *f);

/* For bash 4.4 and later, with or without the package bash-completion. */
void manual_completion(FILE *f);

#endif
