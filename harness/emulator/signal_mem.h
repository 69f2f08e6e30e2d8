/* SPDX-License-Identifier: MIT */
/*
 * signal_mem: triggers that are counters in memory. A provider has numbered slots that play file
 * descriptors: fd 3 of a request is slot 3. No system calls; counts as the kernel counts, to
 * 2^64-1. Any thread may call anything but destroy.
 */
#ifndef IRQSTORM_EMULATOR_SIGNAL_MEM_H
#define IRQSTORM_EMULATOR_SIGNAL_MEM_H

#include "emulator/signal.h"

struct signal_mem;

enum signal_mem_kind {
	SIGNAL_MEM_EVENTFD,
	SIGNAL_MEM_SEMAPHORE, /* an eventfd with EFD_SEMAPHORE */
	SIGNAL_MEM_OTHER,     /* some other file: lookup answers -EINVAL */
};

/* @slots closed slots: lookup answers -EBADF, as it does for numbers beyond. -ENOMEM. */
int signal_mem_create(uint32_t slots, struct signal_mem **out);
/* References must be gone. NULL is fine. */
void signal_mem_destroy(struct signal_mem *mem);
/* For emu_config.signals. */
const struct signal_provider *signal_mem_provider(struct signal_mem *mem);

/* 0, -EINVAL beyond the slots, -EBUSY already open, -ENOMEM. The counter starts at 0. */
int signal_mem_open(struct signal_mem *mem, uint32_t slot, enum signal_mem_kind kind);
/* dup2(): @to becomes another descriptor of what @from has open; it is closed first. -EBADF. */
int signal_mem_dup(struct signal_mem *mem, uint32_t from, uint32_t to);
/* References that were taken stay good (R65). -EBADF. */
int signal_mem_close(struct signal_mem *mem, uint32_t slot);

/* read() and write() of the eventfd. Closed or other reads as 0. -EBADF, -EINVAL, -EAGAIN. */
uint64_t signal_mem_read(struct signal_mem *mem, uint32_t slot);
int signal_mem_write(struct signal_mem *mem, uint32_t slot, uint64_t value);

/* The counter, left as it is. */
uint64_t signal_mem_peek(struct signal_mem *mem, uint32_t slot);
/* Of slots 0 to @n-1. Closed: 0. */
void signal_mem_peek_all(struct signal_mem *mem, uint64_t *counts, uint32_t n);
/* read() of slots 0 to @n-1, semaphores read until they are 0. */
void signal_mem_clear(struct signal_mem *mem, uint32_t n);
/*
 * NULL, or how an eventfd was used by who holds no reference on it, since signal_mem_clear(): on a
 * thread that is alone (lock.h). A scheduler is told at once.
 */
const char *signal_mem_misuse(const struct signal_mem *mem);
/* References held on what @slot has open now, and on everything, closed or open. */
uint32_t signal_mem_references(struct signal_mem *mem, uint32_t slot);
uint32_t signal_mem_total_references(struct signal_mem *mem);

#endif
