/* SPDX-License-Identifier: MIT */
/* The set_irqs line. */
#include <errno.h>

#include "program/parser.h"
#include "program/syntax.h"

enum seen {
	SEEN_INDEX = 1,
	SEEN_ACTION = 2,
	SEEN_TYPE = 4,
	SEEN_FLAGS = 8,
	SEEN_START = 16,
	SEEN_COUNT = 32,
	SEEN_LIST = 64,
	SEEN_ARGSZ = 128,
	SEEN_READABLE = 256,
};

struct set_line {
	struct op *op;
	unsigned int seen;
	struct word list_key, list;
};

static int once(struct parser *ps, struct set_line *l, unsigned int what, struct word w)
{
	if (l->seen & what)
		return parser_bad_word(ps, "set_irqs", w, "needed: said already");
	l->seen |= what;
	return 0;
}

static int bare_word(struct parser *ps, struct set_line *l, struct word w)
{
	for (uint32_t i = 0; i < VFIO_PCI_NUM_IRQS; i++) {
		if (word_is(w, syntax_index[i])) {
			l->op->index = i;
			return once(ps, l, SEEN_INDEX, w);
		}
	}
	for (int i = 0; i < 3; i++) {
		if (word_is(w, syntax_actions[i].name)) {
			l->op->flags |= syntax_actions[i].flag;
			return once(ps, l, SEEN_ACTION, w);
		}
		if (word_is(w, syntax_types[i].name)) {
			l->op->flags |= syntax_types[i].flag;
			return once(ps, l, SEEN_TYPE, w);
		}
	}
	return parser_bad_word(ps, "set_irqs", w,
			       "an index (intx, msi, msix, err, req), an action (mask, unmask, "
			       "trigger), a data type (none, bool, eventfd) or KEY=VALUE");
}

static int key_value(struct parser *ps, struct set_line *l, struct word w, struct word key,
		     struct word value)
{
	static const struct {
		const char *key;
		unsigned int seen;
	} keys[] = {
		{"index", SEEN_INDEX}, {"flags", SEEN_FLAGS}, {"start", SEEN_START},
		{"count", SEEN_COUNT}, {"argsz", SEEN_ARGSZ}, {"readable", SEEN_READABLE},
		{"fds", SEEN_LIST},    {"bools", SEEN_LIST},  {"items", SEEN_LIST},
	};
	unsigned int seen = 0;
	const char *name = "";

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (word_is(key, keys[i].key)) {
			seen = keys[i].seen;
			name = keys[i].key;
		}
	}
	if (!seen)
		return parser_bad_word(ps, "set_irqs", w,
				       "known: the keys are index, flags, start, count, fds, "
				       "bools, items, argsz and readable");
	if (once(ps, l, seen, w))
		return -EINVAL;
	switch (seen) {
	case SEEN_INDEX:
		return parser_u32(ps, name, value, &l->op->index);
	case SEEN_FLAGS:
		return parser_u32(ps, name, value, &l->op->flags);
	case SEEN_START:
		return parser_u32(ps, name, value, &l->op->start);
	case SEEN_COUNT:
		return parser_u32(ps, name, value, &l->op->count);
	case SEEN_ARGSZ:
		return parser_size(ps, name, value, &l->op->argsz);
	case SEEN_READABLE:
		return parser_size(ps, name, value, &l->op->readable);
	default:
		/* What the list means is only known with all flags. */
		l->list_key = key;
		l->list = value;
		return 0;
	}
}

static bool parse_fd(struct word w, int32_t *out)
{
	int64_t v;

	if (w.len == 2 && w.s[0] == 'e' && w.s[1] >= '0' && w.s[1] < '0' + (int)PROGRAM_SLOTS) {
		*out = w.s[1] - '0';
		return true;
	}
	if (word_is(w, "file") || word_is(w, "closed")) {
		*out = w.s[0] == 'f' ? PROGRAM_FD_FILE : PROGRAM_FD_CLOSED;
		return true;
	}
	if (w.len > 3 && w.s[0] == 'f' && w.s[1] == 'd' && w.s[2] == ':') {
		w.s += 3;
		w.len -= 3;
		if (!word_i64(w, &v) || v < 0 || v > INT32_MAX)
			return false;
	} else if (!word_i64(w, &v) || v >= 0 || v < INT32_MIN) {
		return false;
	}
	*out = (int32_t)v;
	return true;
}

static int parse_list(struct parser *ps, struct set_line *l)
{
	const char *key = syntax_list_key(l->op->flags);
	bool fds = key[0] == 'f';
	struct word item;

	if (!word_is(l->list_key, key))
		return parser_bad(ps, "set_irqs: with these flags the data is %s=", key);
	while (word_item(&l->list, &item)) {
		int32_t *slot = &l->op->data[l->op->n];
		int64_t v;

		if (l->op->n == PROGRAM_ITEMS)
			return parser_bad(ps, "set_irqs: %s= has more than %u items", key,
					  PROGRAM_ITEMS);
		if (fds) {
			if (!parse_fd(item, slot))
				return parser_bad_word(ps, key, item,
						       "e0..e7, file, closed, fd:N or a negative "
						       "number");
		} else {
			if (!word_i64(item, &v) || v < INT32_MIN || v > INT32_MAX)
				return parser_bad_word(ps, key, item, "a 32-bit number");
			*slot = (int32_t)v;
		}
		l->op->n++;
	}
	return 0;
}

int parser_set_irqs(struct parser *ps, const struct word *words, uint32_t n, struct op *op)
{
	struct set_line l = {.op = op};

	for (uint32_t i = 0; i < n; i++) {
		struct word key, value;
		int err = word_split(words[i], &key, &value)
				  ? key_value(ps, &l, words[i], key, value)
				  : bare_word(ps, &l, words[i]);

		if (err)
			return err;
	}
	if (!(l.seen & SEEN_INDEX))
		return parser_bad(ps, "set_irqs: needs an index (intx, msi, msix, err, req) or "
				      "index=N");
	if (l.seen & SEEN_FLAGS ? l.seen & (SEEN_ACTION | SEEN_TYPE)
				: (l.seen & (SEEN_ACTION | SEEN_TYPE)) != (SEEN_ACTION | SEEN_TYPE))
		return parser_bad(ps, "set_irqs: needs either an action (mask, unmask, trigger) "
				      "and a data type (none, bool, eventfd), or flags=N");
	if ((l.seen & SEEN_LIST) && parse_list(ps, &l))
		return -EINVAL;
	if (!(l.seen & SEEN_COUNT))
		op->count = op->n ? op->n : 1;
	return 0;
}
