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
	return (uint32_t)((state << 9 ^ event) * 2654435769u) >> (32 - 13);
}
_Static_assert(FEEDBACK_CELLS == 1u << 13, "cell_of() makes 13 bits");

#if defined(IRQSTORM_FEEDBACK_LIBFUZZER)

/* volatile: clang -O2 deletes a static array that is only written to. */
__attribute__((section("__libfuzzer_extra_counters"),
	       used)) static volatile uint8_t cells[FEEDBACK_CELLS];

void feedback_hit(uint32_t state, uint32_t event)
{
	if (is_off())
		return;
	cells[cell_of(state, event)] = 1; /* how often tells nothing more */
}

/* What the linker calls the counters of the instrumented code. */
extern uint8_t __start___sancov_cntrs[] __attribute__((weak, visibility("hidden")));
extern uint8_t __stop___sancov_cntrs[] __attribute__((weak, visibility("hidden")));

void feedback_end(void)
{
	for (uint8_t *p = __start___sancov_cntrs; p < __stop___sancov_cntrs; p++)
		*p = *p != 0;
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
