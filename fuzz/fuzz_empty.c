/* SPDX-License-Identifier: MIT */
/* fuzz_empty: does nothing: what the engine alone can do here, to measure the targets against. */
#include "fuzz/common.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	(void)data;
	(void)size;
	return 0;
}
