/* SPDX-License-Identifier: MIT */
/*
 * export_syz: a program as a syzkaller program. Its descriptors are results r0, r1, ..; addresses
 * are left to syzkaller (AUTO).
 */
#include <inttypes.h>
#include <linux/pci_regs.h>

#include "program/export.h"
#include "program/text.h"
#include "support/version.h"

#define CONFIG_COMMAND 0x70000000004ull /* VFIO_PCI_INDEX_TO_OFFSET(7) + PCI_COMMAND */

struct syz {
	FILE *f;
	const struct export_names *names;
	uint32_t next; /* result */
	uint32_t group, device;
	uint32_t slot[PROGRAM_SLOTS]; /* results */
	bool closed[PROGRAM_SLOTS];
	uint16_t command;
};

static void put_bytes(FILE *f, const uint8_t *bytes, uint32_t n)
{
	fputc('"', f);
	for (uint32_t i = 0; i < n; i++)
		fprintf(f, "%02x", bytes[i]);
	fputc('"', f);
}

static uint32_t new_eventfd(struct syz *s, bool semaphore)
{
	/* EFD_CLOEXEC | EFD_NONBLOCK | EFD_SEMAPHORE */
	fprintf(s->f, "r%u = eventfd2(0x0, 0x%x)\n", s->next, 0x80800u | semaphore);
	return s->next++;
}

static void open_device(struct syz *s)
{
	fprintf(s->f, "r%u = ioctl$VFIO_GROUP_GET_DEVICE_FD(r%u, 0x%x, &AUTO='%s\\x00')\n", s->next,
		s->group, (unsigned int)VFIO_GROUP_GET_DEVICE_FD, s->names->bdf);
	s->device = s->next++;
}

static void open_all(struct syz *s)
{
	fprintf(s->f,
		"r0 = openat$vfio(0xffffffffffffff9c, &AUTO='/dev/vfio/vfio\\x00', 0x2, 0x0)\n"
		"r1 = openat$irqstorm_group(0xffffffffffffff9c, &AUTO='/dev/vfio/%u\\x00', 0x2, "
		"0x0)\n"
		"ioctl$VFIO_GROUP_SET_CONTAINER(r1, 0x%x, &AUTO=r0)\n"
		"ioctl$VFIO_SET_IOMMU(r0, 0x%x, 0x%x)\n",
		s->names->group, (unsigned int)VFIO_GROUP_SET_CONTAINER,
		(unsigned int)VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU);
	s->group = 1;
	s->next = 2;
	open_device(s);
}

static void put_fd(struct syz *s, int32_t fd)
{
	if (fd >= 0 && fd < (int32_t)PROGRAM_SLOTS && !s->closed[fd])
		fprintf(s->f, "r%u", s->slot[fd]);
	else if (fd == PROGRAM_FD_FILE)
		fprintf(s->f, "r%u", s->group); /* an open file, and no eventfd */
	else if (fd >= 0)
		fputs("0x7ffffff0", s->f); /* not open */
	else
		fprintf(s->f, "0x%" PRIx64, (uint64_t)fd);
}

/* Whole items can be written as what they are; a request that ends in the middle of one cannot. */
static bool is_whole(const struct request_head *h)
{
	uint32_t bytes;

	if (h->size < IRQ_SET_HDR_SIZE)
		return false;
	bytes = h->size - IRQ_SET_HDR_SIZE;
	return !(h->flags & VFIO_IRQ_SET_DATA_EVENTFD) || !(bytes % sizeof(int32_t));
}

/* Slots and such have no number here that would mean them: they become descriptors not open. */
static int32_t closed_fd(void *data, int32_t code)
{
	(void)data;
	(void)code;
	return 0x7ffffff0;
}

static void put_raw_request(struct syz *s, const struct op *op)
{
	static _Thread_local uint8_t bytes[PROGRAM_REQUEST_MAX];
	uint32_t n = program_request(op, closed_fd, NULL, bytes);

	fprintf(s->f, "ioctl$irqstorm_SET_IRQS_raw(r%u, 0x%x, &AUTO=", s->device,
		(unsigned int)VFIO_DEVICE_SET_IRQS);
	put_bytes(s->f, bytes, n);
	fputs(")\n", s->f);
}

static void put_request(struct syz *s, const struct op *op)
{
	struct request_head h;
	bool fds;
	uint32_t items;

	op_request_head(op, &h);
	if (!is_whole(&h)) {
		put_raw_request(s, op);
		return;
	}
	fds = h.flags & VFIO_IRQ_SET_DATA_EVENTFD;
	items = (h.size - IRQ_SET_HDR_SIZE) / (fds ? (uint32_t)sizeof(int32_t) : 1);
	fprintf(s->f, "ioctl$VFIO_DEVICE_SET_IRQS(r%u, 0x%x, &AUTO={0x%x, 0x%x, 0x%x, 0x%x, 0x%x, ",
		s->device, (unsigned int)VFIO_DEVICE_SET_IRQS, h.argsz, h.flags, h.index, h.start,
		h.count);
	fputs(fds ? "@fds=[" : "@bools=\"", s->f);
	for (uint32_t i = 0; i < items; i++) {
		if (fds) {
			fputs(i ? ", " : "", s->f);
			put_fd(s, op_request_fd(op, i));
		} else {
			fprintf(s->f, "%02x", op_request_bool(op, i));
		}
	}
	fputs(fds ? "]})\n" : "\"})\n", s->f);
}

static void put_command(struct syz *s, uint16_t bit, bool on)
{
	uint8_t bytes[2];

	s->command = (uint16_t)(on ? s->command | bit : s->command & ~bit);
	bytes[0] = (uint8_t)s->command;
	bytes[1] = (uint8_t)(s->command >> 8);
	fprintf(s->f, "pwrite64$irqstorm_config(r%u, &AUTO=", s->device);
	put_bytes(s->f, bytes, sizeof(bytes));
	fprintf(s->f, ", 0x2, 0x%llx)\n", CONFIG_COMMAND);
}

static void put_dup(struct syz *s, const struct op *op)
{
	if (s->closed[op->slot] || op->slot == op->slot2)
		return;
	if (s->closed[op->slot2]) {
		fprintf(s->f, "r%u = dup(r%u)\n", s->next, s->slot[op->slot]);
		s->slot[op->slot2] = s->next++;
		s->closed[op->slot2] = false;
	} else {
		fprintf(s->f, "dup2(r%u, r%u)\n", s->slot[op->slot], s->slot[op->slot2]);
	}
}

static void put_slot_op(struct syz *s, const struct op *op)
{
	if (op->kind == OP_OPEN) {
		if (!s->closed[op->slot])
			fprintf(s->f, "close(r%u)\n", s->slot[op->slot]);
		s->slot[op->slot] = new_eventfd(s, op->value & 1);
		s->closed[op->slot] = false;
	} else if (s->closed[op->slot]) {
		fputs("# (a closed descriptor)\n", s->f);
	} else if (op->kind == OP_READ) {
		fprintf(s->f, "read$eventfd(r%u, &AUTO, 0x8)\n", s->slot[op->slot]);
	} else if (op->kind == OP_WRITE) {
		fprintf(s->f, "write$eventfd(r%u, &AUTO=0x%" PRIx64 ", 0x8)\n", s->slot[op->slot],
			op->value);
	} else {
		fprintf(s->f, "close(r%u)\n", s->slot[op->slot]);
		s->closed[op->slot] = true;
	}
}

static void put_info(struct syz *s, const struct op *op)
{
	fprintf(s->f, "ioctl$VFIO_DEVICE_GET_IRQ_INFO(r%u, 0x%x, &AUTO={0x%x, 0x0, 0x%x, 0x0})\n",
		s->device, (unsigned int)VFIO_DEVICE_GET_IRQ_INFO,
		op->argsz == PROGRAM_AUTO ? IRQ_INFO_SIZE : op->argsz, op->index);
}

static void put_op(struct syz *s, const struct op *op)
{
	switch (op->kind) {
	case OP_SET_IRQS:
	case OP_RAW:
		put_request(s, op);
		break;
	case OP_IRQ_INFO:
		put_info(s, op);
		break;
	case OP_READ:
	case OP_WRITE:
	case OP_CLOSE:
	case OP_OPEN:
		put_slot_op(s, op);
		break;
	case OP_DUP:
		put_dup(s, op);
		break;
	case OP_DISINTX:
		put_command(s, PCI_COMMAND_INTX_DISABLE, op->value);
		break;
	case OP_MEMORY:
		put_command(s, PCI_COMMAND_MEMORY, op->value);
		break;
	case OP_RESET:
		fprintf(s->f, "ioctl$VFIO_DEVICE_RESET(r%u, 0x%x)\n", s->device,
			(unsigned int)VFIO_DEVICE_RESET);
		break;
	case OP_REOPEN:
		fprintf(s->f, "close(r%u)\n", s->device);
		open_device(s);
		break;
	default:
		break;
	}
}

/* Where a capability lies, only the device tells, and a program has no way to ask. */
static const char *skips(const struct op *op)
{
	if (op->kind == OP_POWER || op->kind == OP_FLR)
		return "the place of the capability in config space is not known";
	return export_skips(op);
}

void export_syz(const struct program *p, const struct export_names *names, FILE *f)
{
	struct syz s = {
		.f = f,
		.names = names,
		.command = PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER,
	};
	char text[TEXT_OP_MAX];
	const char *why;

	fprintf(f,
		"# By irqstorm %s%s%s\n"
		"# Needs the description of irqstorm export --as syz-desc. The device is %s in "
		"IOMMU\n"
		"# group %u, bound to vfio-pci: change the two strings if it is another one.\n",
		irqstorm_version, names->about ? ": " : "", names->about ? names->about : "",
		names->bdf, names->group);
	open_all(&s);
	for (uint32_t i = 0; i < PROGRAM_SLOTS; i++)
		s.slot[i] = new_eventfd(&s, false);
	for (uint32_t i = 0; i < p->n; i++) {
		text_op(&p->ops[i], text, sizeof(text));
		why = skips(&p->ops[i]);
		fprintf(f, "# %s%s%s\n", text, why ? ": left out, " : "", why ? why : "");
		if (!why)
			put_op(&s, &p->ops[i]);
	}
}
