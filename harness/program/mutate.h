/* SPDX-License-Identifier: MIT */
/*
 * mutate: makes other programs out of programs, for fuzzing engines. It works on operations, not on
 * bytes: whole operations come, go and move, a field becomes a boundary value, two programs are
 * joined where one operation ends and another begins. What is inserted comes from the generator,
 * told what the operations before it have most likely done.
 *
 * mutate_input() and mutate_cross() are for bytes (binary.h) and what engines call; now and then
 * they change a byte instead, so that no input is out of reach. Same seed, same input: same result.
 * A mutator has one owner and keeps memory from call to call, no meaning.
 */
#ifndef IRQSTORM_PROGRAM_MUTATE_H
#define IRQSTORM_PROGRAM_MUTATE_H

#include "program/binary.h"
#include "program/generator.h"

enum mutation {
	MUTATE_INSERT,    /* one or more operations of the generator's */
	MUTATE_DELETE,    /* a range */
	MUTATE_DUPLICATE, /* a range once more, right after itself */
	MUTATE_SWAP,      /* two operations change places */
	MUTATE_MOVE,      /* a range goes elsewhere */
	MUTATE_TWEAK,     /* a field of an operation becomes a boundary value */
	MUTATE_DEVICE,    /* a field of the device, or whether there is one */
	MUTATE_CUT,       /* the end goes */
	MUTATE_FRESH,     /* another program of the generator's altogether, device and all */
	MUTATE_KINDS,
};

struct mutator {
	struct rng rng;
	struct generator g;
	struct program now, out;
	struct binary_origin origins[3];
	uint8_t room[2][BINARY_ROOM(BINARY_FUZZ_OPS)]; /* of the first two origins */
	uint32_t which;                                /* of the two is that of `now` */
	bool known;                                    /* `now` is the program of its bytes */
	bool wrong;                                    /* it was not: nothing goes on from here */
	uint32_t hits;
};

void mutator_init(struct mutator *m);
void mutator_fini(struct mutator *m);

/*
 * @kind on @p, by @rng. True: @p is another program now; false: that kind has nothing to do there
 * (or no memory), @p is as it was. Blocks of AT are kept whole; BINARY_FUZZ_OPS is not exceeded.
 */
bool mutate_program(struct mutator *m, struct program *p, enum mutation kind, struct rng *rng);
/* @a becomes its own beginning and the end of @b. */
void mutate_join(struct program *a, const struct program *b, struct rng *rng);

/*
 * @data of @size bytes, with room for @max, becomes another input; the first @head bytes (which are
 * no part of the program) are changed as bytes. Returns the new size, at most @max; 0 when there is
 * no room for a program at all.
 */
size_t mutate_input(struct mutator *m, uint8_t *data, size_t size, size_t max, size_t head,
		    uint64_t seed);
size_t mutate_cross(struct mutator *m, const uint8_t *a, size_t a_size, const uint8_t *b,
		    size_t b_size, uint8_t *out, size_t max, size_t head, uint64_t seed);

/*
 * The program of these bytes, as binary_decode() reads it; mostly it is the one that was made last,
 * and nothing needs reading. It lives until the next call. 0; -ENOMEM; -EBADMSG: the mutator took
 * something for the program of bytes that are another one's, a bug here (one in many is checked).
 */
int mutator_program(struct mutator *m, const uint8_t *data, size_t size,
		    const struct program **out);

/*
 * Trimming by operations: step @step of trim_steps() leaves a range of operations out of @p. *out
 * is the caller's to free. 0, or -ENOMEM.
 */
uint32_t mutate_trim_steps(const struct program *p);
int mutate_trim(const struct program *p, uint32_t step, uint8_t **out, size_t *size);

#endif
