/* SPDX-License-Identifier: MIT */
/*
 * A fuzz target whose faults the environment switches on, by the letters in TOY: r, which every
 * engine hits at once and again and again; i, the same with an input that is no program; d, with
 * one that ran on a device; t, behind two bytes; h, which never comes back.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void finding(const char *what, const char *key, const char *command)
{
	fprintf(stderr,
		"irqstorm: finding: return: %s\nkey:    %s\nreplay: as a command\n"
		"%s\nirq_info msix\nEOF\n",
		what, key, command);
	abort();
}

#define COMMAND "irqstorm run - <<'EOF'"

/* As fuzz_irq_device does: what it ran on is in the command. */
static void finding_on_device(void)
{
	const char *target = getenv("IRQSTORM_TARGET");
	char command[300];

	snprintf(command, sizeof(command),
		 "cat >finding.irq <<'EOF' && irqstorm run --target %s --trace finding.irq",
		 target ? target : "vfio:auto");
	finding("on a device", "return:R51:toy/device", command);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *faults = getenv("TOY");
	volatile uint8_t sum = 0;

	faults = faults ? faults : "";
	for (size_t i = 0; i < size; i++)
		sum = (uint8_t)(sum + (data[i] > 0x80));
	if (size > 2 && data[0] == 'F' && data[1] == 'U' && strchr(faults, 't'))
		finding("behind two bytes", "return:R53:toy/two", COMMAND);
	if (size > 2 && data[0] == 'H' && strchr(faults, 'h')) {
		for (;;)
			sum++;
	}
	if (size > 3 && data[0] > 0xf0 && strchr(faults, 'i')) {
		fprintf(stderr, "irqstorm: finding: order: none\nkey:    order:toy\n");
		abort();
	}
	if (size > 3 && data[0] > 0xf0 && strchr(faults, 'r'))
		finding("a <range> & \"quotes\"", "return:R51:toy/range", COMMAND);
	if (size > 3 && data[0] > 0xf0 && strchr(faults, 'd'))
		finding_on_device();
	return 0;
}
