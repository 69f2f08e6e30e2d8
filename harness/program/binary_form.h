/* SPDX-License-Identifier: MIT */
/*
 * binary_form: how one operation, and the device, lie in the bytes. Private to harness/program.
 *
 * Reading takes choices from `back` downwards and values from `front` upwards until they meet;
 * beyond that everything reads as 0. Writing collects both parts apart; the choices are reversed
 * when put behind the values.
 */
#ifndef IRQSTORM_PROGRAM_BINARY_FORM_H
#define IRQSTORM_PROGRAM_BINARY_FORM_H

#include "program/program.h"

struct form_reader {
	const uint8_t *front, *back; /* back: one beyond the next choice */
	bool cut;                    /* something was read beyond */
};

/* What one operation or the device takes at most: its choices, its values. */
#define FORM_CHOICES 4u
#define FORM_VALUES  96u

struct form_bytes {
	uint8_t choices[FORM_CHOICES], values[FORM_VALUES];
	uint32_t n_choices, n_values;
};

/* Whatever the bytes are, *op is an operation whose fields are in bounds. */
void form_read_op(struct form_reader *r, struct op *op);
/* The shortest form that reads as @op again; *@again: as it reads, unused fields 0. */
void form_write_op(const struct op *op, struct form_bytes *out, struct op *again);

/* false: no device. */
bool form_read_device(struct form_reader *r, struct program_device *device);
void form_write_device(const struct program_device *device, struct form_bytes *out);

static inline uint8_t form_choice(struct form_reader *r)
{
	if (r->back > r->front)
		return *--r->back;
	r->cut = true;
	return 0;
}

static inline uint64_t form_value(struct form_reader *r, uint32_t bytes)
{
	uint64_t v = 0;

	for (uint32_t i = 0; i < bytes; i++) {
		if (r->front == r->back) {
			r->cut = true;
			break;
		}
		v |= (uint64_t)*r->front++ << (8 * i);
	}
	return v;
}

static inline uint32_t form_value32(struct form_reader *r)
{
	return (uint32_t)form_value(r, sizeof(uint32_t));
}

static inline void form_put_choice(struct form_bytes *out, uint32_t c)
{
	out->choices[out->n_choices++] = (uint8_t)c;
}

static inline void form_put_value(struct form_bytes *out, uint64_t v, uint32_t bytes)
{
	for (uint32_t i = 0; i < bytes; i++)
		out->values[out->n_values++] = (uint8_t)(v >> (8 * i));
}

/* A byte as a number that is mostly below @few: small devices have few vectors. */
#define FORM_MOSTLY 192u

static inline uint32_t form_few_read(uint8_t b, uint32_t few)
{
	return b < FORM_MOSTLY ? b % few : b - FORM_MOSTLY + few;
}

static inline uint8_t form_few_write(uint32_t v, uint32_t few)
{
	return (uint8_t)(v < few ? v : v - few + FORM_MOSTLY);
}

#define FORM_FEW_STARTS 16u
#define FORM_FEW_COUNTS 9u

enum set_form {
	SET_BARE,  /* start, count; no data */
	SET_LIST,  /* start, count, data */
	SET_SIZES, /* the same with 16-bit start and count, and argsz and readable on request */
	SET_FLAGS, /* as SET_SIZES, but index and flags are values, a byte each */
	SET_WIDE,  /* every field 32 bits wide; a code of its own */
};

/* @c: the choice byte, already taken. */
void form_read_set(struct form_reader *r, uint8_t c, struct op *op);
void form_read_set_wide(struct form_reader *r, struct op *op);
/* The choice byte of @op in @form, SET_WIDE excepted; below 0: it need not be tried. */
int form_set_choice(const struct op *op, enum set_form form);
void form_write_set(const struct op *op, enum set_form form, uint32_t choice,
		    struct form_bytes *out);

#endif
