/* SPDX-License-Identifier: MIT */
/*
 * feedback: see feedback.h. Both ways fail without a word when they fail: a compiler deletes an
 * array that nothing reads, and AFL++ takes no notice of libFuzzer's section. tests/fuzz therefore
 * checks that each engine sees a difference.
 */
#include "fuzz/feedback.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#if defined(IRQSTORM_FEEDBACK_LIBFUZZER) || defined(IRQSTORM_FEEDBACK_AFL)
/* IRQSTORM_FEEDBACK=off: to measure what it is worth. */
static inline bool is_off(void)
{
	static int known = -1;

	if (known < 0) {
		const char *value = getenv("IRQSTORM_FEEDBACK");

		known = value && !strcmp(value, "off");
	}
	return known;
}
#endif

/* Fibonacci hashing: neighbours among states and events spread over the cells. */
static uint32_t cell_of(uint32_t state, uint32_t event)
{
	return (uint32_t)((state << 9 ^ event) * 2654435769u) >> (32 - FEEDBACK_BITS);
}

#if defined(IRQSTORM_FEEDBACK_LIBFUZZER)

/*
 * Eight cells a byte: libFuzzer takes a counter for one of eight features, by the range that it is
 * in, and walks through all counters before and after each input, which is why few are better. Of
 * two cells of one byte the input shows the higher. volatile: clang -O2 deletes a static array that
 * is only written to.
 */
__attribute__((section("__libfuzzer_extra_counters"),
	       used)) static volatile uint8_t counters[FEEDBACK_CELLS / 8];

void feedback_hit(uint32_t state, uint32_t event)
{
	static const uint8_t ranges[8] = {1, 2, 3, 4, 8, 16, 32, 128};
	uint32_t cell = cell_of(state, event);
	uint8_t value = ranges[cell % 8];

	if (is_off())
		return;
	if (counters[cell / 8] < value)
		counters[cell / 8] = value;
}

#define COUNTERS_MAX 4096u /* those beyond are left alone */
#define SHOWN        16u   /* inputs: the engine does not look at what its very first ones reach */

/* What the linker calls the counters of the instrumented code. */
extern uint8_t __start___sancov_cntrs[] __attribute__((weak, visibility("hidden")));
extern uint8_t __stop___sancov_cntrs[] __attribute__((weak, visibility("hidden")));

static uint8_t shown[COUNTERS_MAX]; /* inputs that showed the function */

/* The counters that the engine is to see of these eight, of which @word are not 0. */
static uint64_t still_new(uint64_t word, size_t at, uint64_t *known)
{
	uint64_t out = 0;

	for (uint32_t i = 0; i < 8; i++) {
		if (!(word >> 8 * i & 0xff))
			continue;
		out |= UINT64_C(1) << 8 * i;
		if (++shown[at + i] == SHOWN)
			*known |= UINT64_C(0xff) << 8 * i;
	}
	return out;
}

/*
 * A function is a feature of the inputs that are the first to reach it. Soon all inputs reach it,
 * and looking up what all of them have takes longer than to run them.
 */
void feedback_end(void)
{
	static uint64_t known[COUNTERS_MAX / 8]; /* 0xff: shown often enough */
	size_t n = (size_t)(__stop___sancov_cntrs - __start___sancov_cntrs) / 8;

	for (size_t i = 0; i < n && i < COUNTERS_MAX / 8; i++) {
		uint64_t word, rest;

		memcpy(&word, __start___sancov_cntrs + 8 * i, sizeof(word));
		rest = word & ~known[i];
		if (rest)
			rest = still_new(rest, 8 * i, &known[i]);
		if (rest != word)
			memcpy(__start___sancov_cntrs + 8 * i, &rest, sizeof(rest));
	}
}

#elif defined(IRQSTORM_FEEDBACK_AFL)

/*
 * Guards of our own among those that the compiler makes: the runtime gives each a place of its own
 * in the map when it starts, as if there were so many edges more.
 */
__attribute__((section("__sancov_guards"), used)) static uint32_t guards[FEEDBACK_CELLS];

/* What the compiler calls at each edge. (The map itself has a name that its pass takes away.) */
void __sanitizer_cov_trace_pc_guard(uint32_t *guard);

void feedback_hit(uint32_t state, uint32_t event)
{
	if (!is_off())
		__sanitizer_cov_trace_pc_guard(&guards[cell_of(state, event)]);
}

void feedback_end(void)
{
}

#else

void feedback_hit(uint32_t state, uint32_t event)
{
	(void)cell_of(state, event);
}

void feedback_end(void)
{
}

#endif
