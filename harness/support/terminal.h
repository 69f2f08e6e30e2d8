/* SPDX-License-Identifier: MIT */
/*
 * terminal: how wide a line may be, whether it may be coloured, and text that is folded to that.
 * The width is COLUMNS if that is set, else what the terminal behind the stream has, else there is
 * no limit: a pipe gets everything on one line. Colour is for terminals, and NO_COLOR or TERM=dumb
 * switch it off.
 *
 * --wide and --color are options of every subcommand. They are kept in the environment
 * (IRQSTORM_WIDE, IRQSTORM_COLOR), as COLUMNS and NO_COLOR are, so that a guest has them too.
 * Widths are counted in characters of UTF-8. One thread.
 */
#ifndef IRQSTORM_SUPPORT_TERMINAL_H
#define IRQSTORM_SUPPORT_TERMINAL_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define TERMINAL_UNLIMITED UINT32_MAX

enum terminal_style {
	STYLE_PLAIN,
	STYLE_GOOD,  /* green: passed */
	STYLE_BAD,   /* red: a finding */
	STYLE_DOUBT, /* yellow: neither */
};

extern const char *const terminal_color_names[]; /* of --color; NULL-terminated */

/* From now on, for us and what we start: no limit; colour as @when of terminal_color_names. */
void terminal_want_wide(void);
void terminal_want_color(const char *when);

/* What a guest, whose output is ours, is to take for its terminal. */
void terminal_hand_on(void);

/* At least 20. */
uint32_t terminal_width(FILE *f);
bool terminal_color(FILE *f);

/* Can a line there be written over (ESC[K)? Not on a terminal that says it is dumb, or not what. */
bool terminal_rewrites(FILE *f);

/* @text in its colour, or plainly. */
void terminal_put(FILE *f, enum terminal_style style, const char *text);

/* Of a verdict in capitals: PASS, FINDING, FAIL, ... */
enum terminal_style terminal_verdict(const char *word);

/* Characters of @text. */
uint32_t terminal_columns(const char *text, size_t len);

/*
 * @text from column @at on, folded at spaces to the width of @f, further lines indented by @indent;
 * then a newline. A word that is longer than a line is left whole.
 */
void terminal_wrap(FILE *f, const char *text, uint32_t at, uint32_t indent);

/* A line of its own from column 0 on, made by @fmt. */
__attribute__((format(printf, 3, 4))) void terminal_line(FILE *f, uint32_t indent, const char *fmt,
							 ...);

/* As terminal_wrap() for a command of a shell: a folded line ends in a backslash, quotes are left
 * whole. */
void terminal_command(FILE *f, const char *command, uint32_t at, uint32_t indent);

/*
 * Lines of a report, each folded: a word in capitals that begins one is a verdict and has its
 * colour, and a command of irqstorm, alone or after "repeat:" or "repeat with:", can be pasted.
 */
void terminal_report(FILE *f, const char *text);

#endif
