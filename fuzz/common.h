/* SPDX-License-Identifier: MIT */
/*
 * common: what the fuzz targets share: executors that live as long as the process, the run of a
 * program in lock step with the model, feedback on the state it reached, and how a finding is told.
 *
 * A target exports LLVMFuzzerTestOneInput and nothing else. It may keep memory from one input to
 * the next, never meaning: the same bytes give the same digest whatever ran before. All of it is of
 * one thread; a target with threads of its own calls in here from the one that the engine called.
 */
#ifndef IRQSTORM_FUZZ_COMMON_H
#define IRQSTORM_FUZZ_COMMON_H

#include <stddef.h>
#include <stdint.h>

#include "exec/executor.h"
#include "program/mutate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The program of this process, empty. Its memory is kept from input to input. */
struct program *fuzz_program(void);
/*
 * The program of these bytes. Its device is the caller's to change, its operations are not: they
 * live until the next call here or of the mutator. An engine whose mutator is in this process
 * (libFuzzer) mostly gives what that has just made, which needs no reading.
 */
struct program fuzz_read(const uint8_t *data, size_t size);
/* For the shim of such an engine. */
struct mutator *fuzz_mutator(void);

/*
 * @p on the emulator and on the model. A difference is a finding and does not return. @nth and
 * @calls: the call with bit i % 8 set in @calls, for call number i, has its @nth fallible step
 * fail; @nth 0: none but what the program says itself. The outcomes go into the digest.
 */
void fuzz_run(const struct program *p, uint32_t nth, uint8_t calls);

/*
 * An executor on an emulator with the bug that the environment's IRQSTORM_BUG names (docs/zoo.md),
 * if any. IRQSTORM_ZOO_LOG: a file that gets a line "reached EXECUTIONS SECONDS" and one "triggered
 * ..." when the bug's code ran for the first time in this process, and when it did harm. A target
 * that opens an emulator of its own takes fuzz_bug(), NULL for none, and fuzz_zoo_watch().
 */
void fuzz_open(struct executor *x);
const char *fuzz_bug(void);
void fuzz_zoo_watch(struct backend *be);

/*
 * @p is what fuzz_read() made of these bytes. Where they leave the profile open, it is chosen here:
 * the device's byte is the last, and its bits for the profile have a fourth value to spare.
 */
void fuzz_choose_profile(struct program *p, const uint8_t *data, size_t size);

/*
 * A finding that is not a difference: @oracle and @what name it, @p (or NULL) is what showed it.
 * Prints and aborts.
 */
__attribute__((noreturn, format(printf, 3, 4))) void
fuzz_finding(const char *oracle, const struct program *p, const char *fmt, ...);

/*
 * For drivers that need no speed: each program also ends with the state of the model in the digest,
 * and with a look at what else the emulator tells of itself, which must agree.
 */
void fuzz_set_thorough(void);
/* Everything that is kept, given back: what is left then has leaked. */
void fuzz_close(void);

/* The digest of the input that runs, or ran last: what the replay driver compares. */
void fuzz_digest_begin(void);
void fuzz_digest_add(uint64_t value);
uint64_t fuzz_digest(void);

#endif
