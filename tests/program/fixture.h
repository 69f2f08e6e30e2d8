/* SPDX-License-Identifier: MIT */
/* fixture: programs to compare, and a pretended device for the generator. */
#ifndef IRQSTORM_TESTS_PROGRAM_FIXTURE_H
#define IRQSTORM_TESTS_PROGRAM_FIXTURE_H

#include "program/generator.h"
#include "program/program.h"

bool program_equal(const struct program *a, const struct program *b);
/* Fails the test with both texts unless the programs are equal. */
void assert_programs_equal(const struct program *got, const struct program *want, const char *what);
/* As text, malloc'd. */
char *program_text(const struct program *p);
/* Printed and parsed again: the same program; printed again: the same text. */
void assert_text_round_trip(const struct program *p);

struct generator_config everything(void);
/* What a device would roughly answer: only for driving the generator's guess. */
int pretend(struct rng *rng, const struct op *op);
/* @n operations or a few more, until the program may end. */
void generate(struct generator *g, struct rng *rng, uint32_t n, struct program *p);

#endif
