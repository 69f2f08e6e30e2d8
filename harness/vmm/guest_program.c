/* SPDX-License-Identifier: MIT */
/*
 * Bytes: strategy; vectors (bits 0..2) and what the host has less than these (bits 3..5); flags;
 * one to spare; then three for each operation.
 */
#include "vmm/guest_program.h"

#include <string.h>

#define FLAG_OLD       0x01u
#define FLAG_PBA_CLEAR 0x02u
#define FLAG_POSTED    0x04u
#define FLAG_CACHED    0x08u
#define FLAG_EAGER     0x10u
#define FLAG_NO_PIN    0x20u
#define FLAG_OPEN      0x40u

/* Strategies that answer a guest. */
static uint32_t count_strategies(void)
{
	uint32_t n = 0;

	for (int i = 0; strategies[i]; i++)
		n += strategies[i]->pattern != NULL;
	return n;
}

static const struct strategy *strategy_number(uint32_t number)
{
	for (int i = 0; strategies[i]; i++) {
		if (strategies[i]->pattern && !number--)
			return strategies[i];
	}
	return NULL;
}

static uint32_t number_of(const struct strategy *st)
{
	uint32_t number = 0;

	while (strategy_number(number) != st)
		number++;
	return number;
}

static uint8_t byte(const uint8_t *data, size_t size, size_t at)
{
	return at < size ? data[at] : 0;
}

void guest_program_decode(const uint8_t *data, size_t size, struct guest_program *p)
{
	uint8_t sizes = byte(data, size, 1), flags = byte(data, size, 2);
	uint32_t less = sizes >> 3 & 7;

	memset(p, 0, sizeof(*p));
	p->strategy = strategy_number(byte(data, size, 0) % count_strategies());
	p->vectors = 1 + (sizes & 7) % GUEST_VECTORS;
	p->host_vectors = less && less < p->vectors ? p->vectors - less : 0;
	/* A VMM would not choose a strategy that the kernel cannot do. */
	p->old = (flags & FLAG_OLD) && !p->strategy->needs_dynamic;
	p->pba_clear = flags & FLAG_PBA_CLEAR;
	p->posted = flags & FLAG_POSTED;
	p->cached = flags & FLAG_CACHED;
	p->eager = flags & FLAG_EAGER;
	p->no_pin = flags & FLAG_NO_PIN;
	p->open = flags & FLAG_OPEN;
	for (size_t at = GUEST_HEAD; at < size && p->n < GUEST_OPS; at += 3) {
		p->ops[p->n++] = (struct guest_op){
			.kind = byte(data, size, at) % GUEST_KINDS,
			.vector = (uint8_t)(byte(data, size, at + 1) % p->vectors),
			.arg = byte(data, size, at + 2),
		};
	}
}

size_t guest_program_encode(const struct guest_program *p, uint8_t *data)
{
	uint8_t *at = data;

	*at++ = (uint8_t)number_of(p->strategy);
	*at++ = (uint8_t)((p->vectors - 1) |
			  (p->host_vectors ? (p->vectors - p->host_vectors) << 3 : 0));
	*at++ = (uint8_t)((p->old ? FLAG_OLD : 0) | (p->pba_clear ? FLAG_PBA_CLEAR : 0) |
			  (p->posted ? FLAG_POSTED : 0) | (p->cached ? FLAG_CACHED : 0) |
			  (p->eager ? FLAG_EAGER : 0) | (p->no_pin ? FLAG_NO_PIN : 0) |
			  (p->open ? FLAG_OPEN : 0));
	*at++ = 0;
	for (uint32_t i = 0; i < p->n; i++) {
		*at++ = p->ops[i].kind;
		*at++ = p->ops[i].vector;
		*at++ = p->ops[i].arg;
	}
	return (size_t)(at - data);
}
