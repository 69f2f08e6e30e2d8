/* SPDX-License-Identifier: MIT */
/*
 * fuzz_set_irqs_raw: requests as bytes, header and payload, straight into VFIO_DEVICE_SET_IRQS: the
 * validation chain and everything behind it against the model, on a 6.1 and on a 6.12 kernel in
 * turn. An input is a list of requests, each a byte and what it announces: bits 0 to 5 the length,
 * bits 6 and 7 what happens first (enum before).
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz/common.h"

/* More is slower and nothing new: a request can do all that several do. */
#define REQUESTS 24u

enum before { BEFORE_NOTHING, BEFORE_FIRE, BEFORE_READ, BEFORE_LINE };

static void add(struct program *p, const struct op *op)
{
	if (program_add(p, op))
		abort();
}

static void add_before(struct program *p, enum before before, uint8_t length)
{
	struct op op;

	switch (before) {
	case BEFORE_NOTHING:
		return;
	case BEFORE_FIRE:
		op = op_make(OP_FIRE);
		op.index = length & 1 ? VFIO_PCI_MSIX_IRQ_INDEX : VFIO_PCI_MSI_IRQ_INDEX;
		op.start = length >> 1 & 3;
		break;
	case BEFORE_READ:
		op = op_make(OP_READ);
		op.slot = length % PROGRAM_SLOTS;
		break;
	case BEFORE_LINE:
		op = op_make(OP_LINE);
		op.value = length & 1;
		break;
	}
	add(p, &op);
}

static void decode(const uint8_t *data, size_t size, struct program *p)
{
	size_t at = 0;

	for (uint32_t n = 0; at < size && n < REQUESTS; n++) {
		uint8_t c = data[at++];
		struct op op = op_make(OP_RAW);
		size_t length = (c & 0x3f) % (sizeof(op.raw) + 1);

		if (length > size - at)
			length = size - at;
		add_before(p, (enum before)(c >> 6), c & 0x3f);
		op.n = (uint8_t)length;
		memcpy(op.raw, data + at, length);
		at += length;
		add(p, &op);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct program *p = fuzz_program();

	decode(data, size, p);
	p->has_device = true;
	p->device = (struct program_device){.flags = DEVICE_DEFAULT, .msix = 8, .msi = 4};
	fuzz_digest_begin();
	p->device.profile = PROFILE_6_1;
	fuzz_run(p, 0, 0);
	p->device.profile = PROFILE_6_12;
	fuzz_run(p, 0, 0);
	return 0;
}
