/* SPDX-License-Identifier: MIT */
#include "program/syntax.h"

#include <errno.h>
#include <string.h>

/* The kernel's own, no part of errno.h (R46). */
#define KERNEL_ENOTSUPP 524
#define ERRNO_LAST      133

const struct syntax syntax[OP_KINDS] = {
	[OP_SET_IRQS] = {"set_irqs", "*"},
	[OP_RAW] = {"raw", "*"},
	[OP_IRQ_INFO] = {"irq_info", "ia"},
	[OP_FIRE] = {"fire", "io"},
	[OP_LINE] = {"line", "v"},
	[OP_READ] = {"read", "s"},
	[OP_WRITE] = {"write", "sv"},
	[OP_CLOSE] = {"close", "s"},
	[OP_OPEN] = {"open", "sm"},
	[OP_DUP] = {"dup", "st"},
	[OP_DISINTX] = {"disintx", "v"},
	[OP_MEMORY] = {"memory", "v"},
	[OP_POWER] = {"power", "p"},
	[OP_FLR] = {"flr", ""},
	[OP_RESET] = {"reset", ""},
	[OP_REOPEN] = {"reopen", ""},
	[OP_REBIND] = {"rebind", "V"},
	[OP_SRIOV_COUNT] = {"sriov_count", "v"},
	[OP_TABLE_SIZE] = {"table_size", "v"},
	[OP_FUNCTION_MASK] = {"function_mask", "v"},
	[OP_ENTRY] = {"entry", "n"},
	[OP_WIPE] = {"wipe", ""},
	[OP_SCRIBBLE] = {"scribble", "n"},
	[OP_FAIL] = {"fail", "v"},
	[OP_AT] = {"at", "*"},
	[OP_EXPECT] = {"expect", "*"},
};

const char *const syntax_index[VFIO_PCI_NUM_IRQS] = {"intx", "msi", "msix", "err", "req"};

const struct syntax_flag syntax_actions[3] = {
	{"mask", VFIO_IRQ_SET_ACTION_MASK},
	{"unmask", VFIO_IRQ_SET_ACTION_UNMASK},
	{"trigger", VFIO_IRQ_SET_ACTION_TRIGGER},
};

const struct syntax_flag syntax_types[3] = {
	{"none", VFIO_IRQ_SET_DATA_NONE},
	{"bool", VFIO_IRQ_SET_DATA_BOOL},
	{"eventfd", VFIO_IRQ_SET_DATA_EVENTFD},
};

const struct syntax_device_flag syntax_device_flags[9] = {
	{"intx", "0", "1", DEVICE_INTX},
	{"pci23", "0", "1", DEVICE_PCI_2_3},
	{"pcie", "0", "1", DEVICE_PCIE},
	{"dyn", "0", "1", DEVICE_DYN},
	{"intremap", "0", "1", DEVICE_INTREMAP},
	{"pba", "keep", "clear", DEVICE_PBA_CLEAR},
	{"msg", "reread", "cached", DEVICE_CACHED},
	{"posted", "0", "1", DEVICE_POSTED},
	{"entries", "masked", "open", DEVICE_OPEN},
};

const char *syntax_flag_name(const struct syntax_flag words[3], uint32_t flags)
{
	for (int i = 0; i < 3; i++) {
		if (words[i].flag == flags)
			return words[i].name;
	}
	return NULL;
}

const char *syntax_list_key(uint32_t flags)
{
	switch (flags & VFIO_IRQ_SET_DATA_TYPE_MASK) {
	case VFIO_IRQ_SET_DATA_EVENTFD:
		return "fds";
	case VFIO_IRQ_SET_DATA_BOOL:
		return "bools";
	default:
		return "items";
	}
}

const char *syntax_errno_name(int64_t number)
{
	if (number == KERNEL_ENOTSUPP)
		return "ENOTSUPP";
	if (number <= 0 || number > ERRNO_LAST)
		return NULL;
	return strerrorname_np((int)number);
}

int syntax_errno(const char *name, size_t len)
{
	/* A few numbers have two names; the other one is understood too. */
	if (len == 7 && !memcmp(name, "ENOTSUP", len))
		return EOPNOTSUPP;
	for (int i = 1; i <= ERRNO_LAST; i++) {
		const char *known = strerrorname_np(i);

		if (known && strlen(known) == len && !memcmp(known, name, len))
			return i;
	}
	return len == 8 && !memcmp(name, "ENOTSUPP", len) ? KERNEL_ENOTSUPP : 0;
}
