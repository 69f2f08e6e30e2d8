/* SPDX-License-Identifier: MIT */
#include "program/words.h"

#include <string.h>

void words_init(struct words_reader *r, const char *text, size_t len)
{
	*r = (struct words_reader){.at = text, .end = text + len, .line = 1, .next_line = 1};
	if (len >= 3 && !memcmp(text, "\xef\xbb\xbf", 3)) /* a byte order mark of some editor */
		r->at += 3;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

static bool ends_word(char c)
{
	return is_blank(c) || c == '\n' || c == ';' || c == '{' || c == '}' || c == '#';
}

static void skip_blanks(struct words_reader *r)
{
	while (r->at < r->end && is_blank(*r->at))
		r->at++;
	if (r->at < r->end && *r->at == '#') {
		while (r->at < r->end && *r->at != '\n')
			r->at++;
	}
}

enum words_end words_next(struct words_reader *r, struct word words[WORDS_MAX], uint32_t *n)
{
	*n = 0;
	r->line = r->next_line;
	for (;;) {
		const char *start;

		skip_blanks(r);
		if (r->at == r->end)
			return WORDS_EOF;
		start = r->at;
		switch (*r->at) {
		case '\n':
			r->next_line++;
			r->at++;
			return WORDS_END;
		case ';':
			r->at++;
			return WORDS_END;
		case '{':
			r->at++;
			return WORDS_OPEN;
		case '}':
			r->at++;
			return WORDS_CLOSE;
		default:
			break;
		}
		while (r->at < r->end && !ends_word(*r->at))
			r->at++;
		if (*n < WORDS_MAX)
			words[*n] = (struct word){.s = start, .len = (size_t)(r->at - start)};
		++*n;
	}
}

bool word_is(struct word w, const char *s)
{
	return w.len == strlen(s) && !memcmp(w.s, s, w.len);
}

bool word_split(struct word w, struct word *key, struct word *value)
{
	const char *eq = memchr(w.s, '=', w.len);

	if (!eq)
		return false;
	*key = (struct word){.s = w.s, .len = (size_t)(eq - w.s)};
	*value = (struct word){.s = eq + 1, .len = w.len - key->len - 1};
	return true;
}

bool word_item(struct word *list, struct word *item)
{
	const char *comma;

	if (!list->s)
		return false;
	comma = memchr(list->s, ',', list->len);
	*item = *list;
	if (comma) {
		item->len = (size_t)(comma - list->s);
		list->s = comma + 1;
		list->len -= item->len + 1;
	} else {
		list->s = NULL;
	}
	return true;
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 16;
}

bool word_u64(struct word w, uint64_t max, uint64_t *out)
{
	unsigned int base = 10;
	uint64_t v = 0;

	if (w.len > 2 && w.s[0] == '0' && (w.s[1] == 'x' || w.s[1] == 'X')) {
		base = 16;
		w.s += 2;
		w.len -= 2;
	}
	if (!w.len)
		return false;
	for (size_t i = 0; i < w.len; i++) {
		unsigned int d = (unsigned int)digit(w.s[i]);

		if (d >= base || __builtin_mul_overflow(v, base, &v) ||
		    __builtin_add_overflow(v, d, &v))
			return false;
	}
	*out = v;
	return v <= max;
}

bool word_i64(struct word w, int64_t *out)
{
	bool negative = w.len && w.s[0] == '-';
	uint64_t v;

	if (negative) {
		w.s++;
		w.len--;
	}
	if (!word_u64(w, (uint64_t)INT64_MAX + negative, &v))
		return false;
	*out = (int64_t)(negative ? 0 - v : v);
	return true;
}
