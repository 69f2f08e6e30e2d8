/* SPDX-License-Identifier: MIT */
/* verdict: what a summary says, in one sentence. */
#ifndef IRQSTORM_REPORT_VERDICT_H
#define IRQSTORM_REPORT_VERDICT_H

#include <jansson.h>

/* "PASS", "FINDING", "STOPPED", "INCOMPLETE", "SKIPPED" (nothing was shown). */
const char *verdict_word(const json_t *summary);

/* The sentence, without that word. To be freed; NULL: out of memory. */
char *verdict_sentence(const json_t *summary);

/* Where a rate that was asked for was not reached: a sentence that says so, to be freed, or NULL.
 */
char *verdict_rate(const json_t *summary);

/*
 * Where the machine itself was too restless for latencies to mean much: a sentence that says so, to
 * be freed. NULL: it was quiet, or nothing is known.
 */
char *verdict_noise(const json_t *summary);

#endif
