/* SPDX-License-Identifier: MIT */
/*
 * words: what the words of a subcommand's output mean, for --help and its manual page: the headings
 * of its tables, as the tables have them, and what else is no everyday language. docs/words.md has
 * all of them. Each is a struct command's .words.
 */
#ifndef IRQSTORM_CLI_WORDS_H
#define IRQSTORM_CLI_WORDS_H

#include "support/opt.h"
#include "support/table.h"

void words_info(opt_word_fn tell, void *data);
void words_run(opt_word_fn tell, void *data);
void words_stress(opt_word_fn tell, void *data);
void words_bench(opt_word_fn tell, void *data); /* and report */
void words_doctor(opt_word_fn tell, void *data);
void words_gate(opt_word_fn tell, void *data);
void words_nightly(opt_word_fn tell, void *data);
void words_zoo(opt_word_fn tell, void *data);
void words_diff(opt_word_fn tell, void *data); /* and explore */

/* The tables of subcommands whose text is in cli/. */
extern const struct table_column doctor_columns[], gate_list_columns[], zoo_columns[],
	info_columns[];
/* The names after `caps` of info. */
void info_caps_words(opt_word_fn tell, void *data);

#endif
