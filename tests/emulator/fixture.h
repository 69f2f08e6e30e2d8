/* SPDX-License-Identifier: MIT */
/*
 * fixture: an emulated device on counters in memory, and the requests the tests make of it. Slots
 * 0..127 are eventfds; SLOT_OTHER is some other file, SLOT_CLOSED is not open.
 */
#ifndef IRQSTORM_TESTS_EMULATOR_FIXTURE_H
#define IRQSTORM_TESTS_EMULATOR_FIXTURE_H

#include "emulator/emulator.h"
#include "emulator/signal_mem.h"

enum {
	INTX = VFIO_PCI_INTX_IRQ_INDEX,
	MSI = VFIO_PCI_MSI_IRQ_INDEX,
	MSIX = VFIO_PCI_MSIX_IRQ_INDEX,
	ERR = VFIO_PCI_ERR_IRQ_INDEX,
	REQ = VFIO_PCI_REQ_IRQ_INDEX,
	NO_TYPE = VFIO_PCI_NUM_IRQS,
};

enum {
	NONE = VFIO_IRQ_SET_DATA_NONE,
	BOOL = VFIO_IRQ_SET_DATA_BOOL,
	EVENTFD = VFIO_IRQ_SET_DATA_EVENTFD,
	MASK = VFIO_IRQ_SET_ACTION_MASK,
	UNMASK = VFIO_IRQ_SET_ACTION_UNMASK,
	TRIGGER = VFIO_IRQ_SET_ACTION_TRIGGER,
};

enum { EVENTFDS = 128, SLOT_OTHER = EVENTFDS, SLOT_CLOSED, SLOTS };

struct fixture {
	struct signal_mem *mem;
	struct backend *be;
};

/* The default device with @profile; fixture_open_with() takes any other. */
void fixture_open(struct fixture *f, enum profile profile);
void fixture_open_with(struct fixture *f, struct emu_config cfg);
/* Three vectors of MSI-X enabled, the last without a trigger; @cached: messages are (P2). */
void fixture_open_msix(struct fixture *f, bool cached);
/* Closes the device and asserts that no reference is left (R21, R66). */
void fixture_close(struct fixture *f);

/* A request as the caller spells it, argsz to fit @size bytes of @data. */
int request(struct backend *be, uint32_t flags, uint32_t index, uint32_t start, uint32_t count,
	    const void *data, size_t size);

int set_fds(struct backend *be, uint32_t index, uint32_t start, uint32_t count, const int32_t *fds);
int set_fd(struct backend *be, uint32_t index, uint32_t vector, int32_t fd);
int set_bool(struct backend *be, uint32_t flags, uint32_t index, uint32_t vector, uint8_t value);
int set_none(struct backend *be, uint32_t flags, uint32_t index, uint32_t start, uint32_t count);
int disable(struct backend *be, uint32_t index);
int loopback(struct backend *be, uint32_t index, uint32_t vector);

/* UNMASK by eventfd; -1 detaches. */
int unmask_by(struct backend *be, int32_t fd);

/* Asserts that it works. */
void device(struct backend *be, enum backend_device_op op, uint32_t arg);
/* The @nth fallible step of the next call fails. */
void fail(struct backend *be, uint32_t nth);
struct backend_inspect inspect_of(struct backend *be);
/* The first 64 vectors of A and C. */
void expect_vectors(struct backend *be, uint64_t allocated, uint64_t active, const char *what);

struct emu_state state_of(struct backend *be);
struct emu_vector_state vector_of(struct backend *be, uint32_t vector);

/* Reads and zeroes the counter of @slot. */
uint64_t signals(struct fixture *f, uint32_t slot);

#endif
