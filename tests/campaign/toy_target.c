/* SPDX-License-Identifier: MIT */
/*
 * A fuzz target whose faults the environment switches on, by the letters in TOY: r, which every
 * engine hits at once and again and again; i, the same with an input that is no program; t, behind
 * two bytes; h, which never comes back.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void finding(const char *what, const char *key)
{
	fprintf(stderr,
		"irqstorm: finding: return: %s\nkey:    %s\nreplay: as a command\n"
		"irqstorm run - <<'EOF'\nirq_info msix\nEOF\n",
		what, key);
	abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *faults = getenv("TOY");
	volatile uint8_t sum = 0;

	faults = faults ? faults : "";
	for (size_t i = 0; i < size; i++)
		sum = (uint8_t)(sum + (data[i] > 0x80));
	if (size > 2 && data[0] == 'F' && data[1] == 'U' && strchr(faults, 't'))
		finding("behind two bytes", "return:R53:toy/two");
	if (size > 2 && data[0] == 'H' && strchr(faults, 'h')) {
		for (;;)
			sum++;
	}
	if (size > 3 && data[0] > 0xf0 && strchr(faults, 'i')) {
		fprintf(stderr, "irqstorm: finding: order: none\nkey:    order:toy\n");
		abort();
	}
	if (size > 3 && data[0] > 0xf0 && strchr(faults, 'r'))
		finding("a <range> & \"quotes\"", "return:R51:toy/range");
	return 0;
}
