/* SPDX-License-Identifier: MIT */
/*
 * words: program text cut into statements of words, and words read as numbers. Words point into the
 * text, which must live on. Private to harness/program. Not thread-safe: a reader has one owner.
 */
#ifndef IRQSTORM_PROGRAM_WORDS_H
#define IRQSTORM_PROGRAM_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WORDS_MAX 16u /* of one statement; no operation has as many */

struct word {
	const char *s;
	size_t len;
};

/* What ended a statement. */
enum words_end { WORDS_END, WORDS_OPEN, WORDS_CLOSE, WORDS_EOF };

struct words_reader {
	const char *at, *end;
	uint32_t line; /* of the statement read last */
	uint32_t next_line;
};

void words_init(struct words_reader *r, const char *text, size_t len);
/* The next statement: *n words at @words (beyond WORDS_MAX they are counted but not kept). */
enum words_end words_next(struct words_reader *r, struct word words[WORDS_MAX], uint32_t *n);

bool word_is(struct word w, const char *s);
/* Splits "KEY=VALUE"; false when there is no '='. */
bool word_split(struct word w, struct word *key, struct word *value);
/* Cuts the part before the next ',' off *list; false when nothing is left. */
bool word_item(struct word *list, struct word *item);

/* Whole words only, decimal or 0x hexadecimal, at most @max; false otherwise. */
bool word_u64(struct word w, uint64_t max, uint64_t *out);
/* The same with an optional '-'. */
bool word_i64(struct word w, int64_t *out);

#endif
