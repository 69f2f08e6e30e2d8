/* SPDX-License-Identifier: MIT */
/*
 * A target without a branch: all that an engine can learn of an input is what feedback_hit() says.
 * With TOY_SILENT it says nothing.
 */
#include <stddef.h>

#include "fuzz/feedback.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint32_t state = data && size ? data[0] : 0;

#ifndef TOY_SILENT
	feedback_hit(state, 1);
#else
	(void)state;
#endif
	return 0;
}
