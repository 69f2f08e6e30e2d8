/* SPDX-License-Identifier: MIT */
/*
 * binary: programs as bytes, for fuzzers and for storing.
 *
 * The decoder is total: any byte string is a program. Choices (which operation, in which form, how
 * many items) are taken from the back of the string, values from its front, so that the values of
 * the operations before a mutation stay what they were; the program ends where the two meet. Every
 * operation has a short form for what is common and a wide one that can hold any value.
 *
 * The form is frozen per BINARY_VERSION: corpora must keep their meaning. Thread-safe.
 */
#ifndef IRQSTORM_PROGRAM_BINARY_H
#define IRQSTORM_PROGRAM_BINARY_H

#include <stdio.h>

#include "program/program.h"

#define BINARY_MAGIC    "IRQP"
#define BINARY_VERSION  1u
#define BINARY_HEADER   12u  /* magic, version (u32), bytes that follow (u32), little endian */
#define BINARY_FUZZ_OPS 256u /* operations that binary_decode() makes at most */

/*
 * A fuzz input, without header. @p must be initialised. What EXPECT would say is left out: an input
 * that a fuzzer made up knows no right answers. 0 or -ENOMEM.
 */
int binary_decode(const uint8_t *data, size_t size, struct program *p);

/*
 * The other way: binary_decode() of the bytes gives @p again (op_equal) if it has at most
 * BINARY_FUZZ_OPS operations and no EXPECT, binary_load() in any case, provided that its operations
 * are as text and decoder make them: blocks of AT complete and of allowed operations, slots below
 * PROGRAM_SLOTS, n within bounds. *out is malloc'd, the caller's. 0 or -ENOMEM.
 */
int binary_encode(const struct program *p, uint8_t **out, size_t *size);

/*
 * For who changes little of programs and stores them again: where operations lie in the bytes that
 * they were read from or written to, so that those which stayed are copied. The bytes must live as
 * long.
 */
struct binary_origin {
	const uint8_t *data;
	size_t size;
	struct binary_span {
		uint16_t value, choice; /* before its values, behind its choices: bytes of others */
		uint8_t values, choices; /* how many */
	} spans[BINARY_FUZZ_OPS];
};
/* As binary_decode(). @origins[@which] is noted; what can be copied has an op.origin then. */
int binary_decode_origin(const uint8_t *data, size_t size, struct program *p,
			 struct binary_origin *origins, uint32_t which);

/* What a program of @n operations takes at most. */
#define BINARY_ROOM(n) (((size_t)(n) + 1) * 100u)
/*
 * As binary_encode(), to @room of BINARY_ROOM(p->n) bytes, of at most BINARY_FUZZ_OPS operations;
 * those that lie in @origins are copied. What was written is noted in @note, another origin than
 * theirs, and @p becomes what it reads as, to the last field. Returns the size.
 */
size_t binary_encode_origin(struct program *p, const struct binary_origin *origins, uint8_t *room,
			    struct binary_origin *note);
/* @p is what was written last: its operations lie in origin @which now. */
void binary_adopt_origin(struct program *p, uint32_t which);

/* The stored form: header and bytes. 0, -ENOMEM or -EIO (errno of the stream is the caller's). */
int binary_save(const struct program *p, FILE *f);

/* Whether @data begins as stored programs do. */
bool binary_is_stored(const void *data, size_t size);
/* @name is for messages. 0; -EINVAL (exit 2): another version, cut short, too long; -ENOMEM. */
int binary_load(const uint8_t *data, size_t size, const char *name, struct program *p,
		struct errmsg *e);

#endif
