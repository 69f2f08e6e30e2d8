/* SPDX-License-Identifier: MIT */
/*
 * bypass: the irq bypass manager's list of producers (R70-R73), which no result of an ioctl shows.
 * A token is an eventfd, and has at most one producer. Chains of vectors hashed by token.
 */
#include "emulator/device.h"

static uint32_t *bucket_of(struct emu *emu, const void *token)
{
	uint64_t hash = (uint64_t)(uintptr_t)token * UINT64_C(0x9e3779b97f4a7c15);

	return &emu->producer_heads[hash >> 32 & (PRODUCER_BUCKETS - 1)];
}

void bypass_register(struct emu *emu, uint32_t vector)
{
	struct msi_vector *vec = &emu->vectors[vector];
	const void *token;
	uint32_t *head;

	if (!vec->signals->token)
		return; /* as if it had none (R71) */
	token = vec->signals->token(vec->trigger);
	head = bucket_of(emu, token);
	for (uint32_t v = *head; v; v = emu->vectors[v - 1].next_producer) {
		if (emu->vectors[v - 1].token == token)
			return; /* -EBUSY: logged, no more (R58) */
	}
	vec->token = token;
	vec->next_producer = *head;
	*head = vector + 1;
	emu->producers++;
	bitmap_set(emu->produces, vector);
}

void bypass_unregister(struct emu *emu, uint32_t vector)
{
	struct msi_vector *vec = &emu->vectors[vector];
	uint32_t *link;

	if (!vec->token)
		return; /* R72, R73 */
	for (link = bucket_of(emu, vec->token); *link != vector + 1;
	     link = &emu->vectors[*link - 1].next_producer)
		;
	*link = vec->next_producer;
	vec->token = NULL;
	emu->producers--;
	bitmap_clear(emu->produces, vector);
	PLANT_SEES(bypass_unregister, emu, vector);
}
