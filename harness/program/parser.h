/* SPDX-License-Identifier: MIT */
/* parser: what text_parse.c and text_set.c share. Private to harness/program. */
#ifndef IRQSTORM_PROGRAM_PARSER_H
#define IRQSTORM_PROGRAM_PARSER_H

#include "program/program.h"
#include "program/words.h"

struct parser {
	const char *name;
	struct words_reader reader;
	struct program *p;
	struct errmsg *e;
};

/* Says "NAME:LINE: ..." and returns -EINVAL. */
__attribute__((format(printf, 2, 3))) int parser_bad(struct parser *ps, const char *fmt, ...);
/* "NAME:LINE: WHAT: `WORD` is not EXPECTED", odd bytes of the word shown as '?'. */
int parser_bad_word(struct parser *ps, const char *what, struct word w, const char *expected);

int parser_u32(struct parser *ps, const char *what, struct word w, uint32_t *out);
/* argsz and readable: UINT32_MAX means PROGRAM_AUTO and cannot be written. */
int parser_size(struct parser *ps, const char *what, struct word w, uint32_t *out);
/* A word of syntax_index, or index=N. */
int parser_index(struct parser *ps, struct word w, uint32_t *out);

/* The words after "set_irqs". */
int parser_set_irqs(struct parser *ps, const struct word *words, uint32_t n, struct op *op);

#endif
