/* SPDX-License-Identifier: MIT */
/*
 * fuzz_program_text: the three ways in of programs. Whatever the input is, it is read as text, as a
 * fuzz input and as a stored file; what one of them takes must come back the same from text and
 * from bytes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/common.h"
#include "program/binary.h"
#include "program/text.h"

static struct program other;
static char *text;
static size_t text_size, text_room;

/* text_print() without a stream: half of the time would go into opening one. */
static void put(const char *what, size_t n)
{
	if (text_size + n + 1 > text_room) {
		text_room = (text_size + n + 1) * 2;
		text = realloc(text, text_room);
		if (!text)
			abort();
	}
	memcpy(text + text_size, what, n);
	text_size += n;
	text[text_size] = '\0';
}

static ssize_t write_text(void *cookie, const char *buf, size_t n)
{
	(void)cookie;
	put(buf, n);
	return (ssize_t)n;
}

static void print(const struct program *p)
{
	static FILE *stream;

	if (!stream) {
		stream = fopencookie(NULL, "w", (cookie_io_functions_t){.write = write_text});
		if (!stream)
			abort();
	}
	text_size = 0;
	put("", 0);
	text_print(p, stream);
	fflush(stream);
}

static bool same(const struct program *a, const struct program *b)
{
	if (a->has_device != b->has_device || a->n != b->n ||
	    (a->has_device && memcmp(&a->device, &b->device, sizeof(a->device))))
		return false;
	for (uint32_t i = 0; i < a->n; i++) {
		if (!op_equal(&a->ops[i], &b->ops[i]))
			return false;
	}
	return true;
}

static uint64_t hash_text(void)
{
	uint64_t h = text_size;

	for (size_t i = 0; i < text_size; i++)
		h = (h ^ (uint8_t)text[i]) * 0x100000001b3ULL;
	return h;
}

/* Printed and parsed it is the same, and printed again the text is. */
static void through_text(const struct program *p, const char *from)
{
	struct errmsg e;
	char *first;

	print(p);
	fuzz_digest_add(hash_text());
	if (text_parse(text, text_size, "printed", &other, &e))
		fuzz_finding("text-refused", p, "%s, printed, does not parse: %s", from, e.text);
	if (!same(p, &other))
		fuzz_finding("text-changed", p, "%s, printed, parses to another program", from);
	first = strdup(text);
	if (!first)
		abort();
	print(&other);
	if (strcmp(first, text))
		fuzz_finding("text-not-canonical", p, "%s prints in two ways", from);
	free(first);
}

/* As a stored program, which keeps expectations and any length. */
static void through_bytes(const struct program *p, const char *from)
{
	uint8_t *bytes, *stored;
	struct errmsg e;
	size_t size;

	if (binary_encode(p, &bytes, &size))
		abort();
	stored = malloc(BINARY_HEADER + size);
	if (!stored)
		abort();
	memcpy(stored, BINARY_MAGIC, 4);
	for (uint32_t i = 0; i < 4; i++) {
		stored[4 + i] = (uint8_t)(BINARY_VERSION >> (8 * i));
		stored[8 + i] = (uint8_t)(size >> (8 * i));
	}
	memcpy(stored + BINARY_HEADER, bytes, size);
	if (binary_load(stored, BINARY_HEADER + size, "stored", &other, &e))
		fuzz_finding("binary-refused", p, "%s, stored, does not load: %s", from, e.text);
	if (!same(p, &other))
		fuzz_finding("binary-changed", p, "%s, stored, loads as another program", from);
	free(stored);
	free(bytes);
}

static void round_trips(const struct program *p, const char *from)
{
	through_text(p, from);
	through_bytes(p, from);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct program *p = fuzz_program();
	struct errmsg e;
	char *copy;

	fuzz_digest_begin();
	/* With nothing behind it that a sanitizer would not see read. */
	copy = malloc(size ? size : 1);
	if (!copy)
		abort();
	if (size)
		memcpy(copy, data, size);
	if (!text_parse(copy, size, "input", p, &e))
		round_trips(p, "text");
	else if (p->n)
		fuzz_finding("text-leftover", p, "a program is left after an error");
	free(copy);

	p = fuzz_program();
	if (binary_decode(data, size, p))
		abort();
	round_trips(p, "bytes");

	p = fuzz_program();
	if (!binary_load(data, size, "input", p, &e))
		round_trips(p, "a stored program");
	return 0;
}
