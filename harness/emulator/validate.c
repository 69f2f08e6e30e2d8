/* SPDX-License-Identifier: MIT */
/*
 * validate: the way in of the two ioctls, up to the handler of an index. Owns the order of errors
 * (R3-R12) and the table of which index takes which action.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "emulator/device.h"

enum action { ACTION_MASK, ACTION_UNMASK, ACTION_TRIGGER, ACTIONS };

typedef int (*set_irqs_handler)(struct emu *emu, const struct request *req);

static const set_irqs_handler handlers[VFIO_PCI_NUM_IRQS][ACTIONS] = {
	[VFIO_PCI_INTX_IRQ_INDEX] = {intx_mask, intx_unmask, intx_trigger},
	[VFIO_PCI_MSI_IRQ_INDEX] = {NULL, NULL, msi_trigger},
	[VFIO_PCI_MSIX_IRQ_INDEX] = {NULL, NULL, msi_trigger},
	[VFIO_PCI_ERR_IRQ_INDEX] = {NULL, NULL, single_err_trigger},
	[VFIO_PCI_REQ_IRQ_INDEX] = {NULL, NULL, single_req_trigger},
};

static const uint32_t action_bits[ACTIONS] = {
	[ACTION_MASK] = VFIO_IRQ_SET_ACTION_MASK,
	[ACTION_UNMASK] = VFIO_IRQ_SET_ACTION_UNMASK,
	[ACTION_TRIGGER] = VFIO_IRQ_SET_ACTION_TRIGGER,
};

static set_irqs_handler find_handler(uint32_t index, uint32_t flags)
{
	/* R11: the action bits equal one action; none, or two, is as unknown as a wrong one. */
	for (int action = 0; action < ACTIONS; action++) {
		if ((flags & VFIO_IRQ_SET_ACTION_TYPE_MASK) == action_bits[action])
			return handlers[index][action];
	}
	return NULL;
}

/* Size of one datum. -EINVAL unless exactly one data type is given (R7). */
static int datum_size(uint32_t flags, uint32_t *size)
{
	switch (flags & VFIO_IRQ_SET_DATA_TYPE_MASK) {
	case VFIO_IRQ_SET_DATA_NONE:
		*size = 0;
		return 0;
	case VFIO_IRQ_SET_DATA_BOOL:
		*size = sizeof(uint8_t);
		return 0;
	case VFIO_IRQ_SET_DATA_EVENTFD:
		*size = sizeof(int32_t);
		return 0;
	default:
		return -EINVAL;
	}
}

/* vfio_set_irqs_validate_and_prepare(). @data_size: bytes to copy. */
int emu_validate(const struct vfio_irq_set *hdr, uint32_t n, uint32_t *data_size)
{
	uint32_t size;

	if (hdr->argsz < IRQ_SET_HDR_SIZE || hdr->index >= VFIO_PCI_NUM_IRQS ||
	    hdr->count >= UINT32_MAX - hdr->start || (hdr->flags & ~(uint32_t)IRQ_SET_FLAG_MASK))
		return -EINVAL; /* R5: after this start + count cannot wrap */

	if (hdr->start >= n || hdr->start + hdr->count > n)
		return -EINVAL; /* R6: with a count of 0 too */

	if (datum_size(hdr->flags, &size))
		return -EINVAL;

	if (hdr->argsz - IRQ_SET_HDR_SIZE < hdr->count * size)
		return -EINVAL; /* R8: count is at most 2048 here */

	*data_size = hdr->count * size;
	return 0;
}

static int check_header(struct emu *emu, struct vfio_irq_set *hdr, uint32_t *data_size)
{
	int err = emu_validate(hdr, emu_irq_count(emu, hdr->index), data_size);

	PLANT_SEES(check_header, emu, hdr, data_size, &err);
	return err;
}

/* What most requests carry fits here, and needs no allocation. */
struct data {
	alignas(8) uint8_t local[256];
	void *p; /* NULL: none */
};

static void data_free(struct data *data)
{
	if (data->p != data->local)
		free(data->p);
}

static int copy_data(const void *arg, size_t size, uint32_t data_size, struct data *out,
		     uint32_t *fail)
{
	out->p = NULL;
	if (!data_size)
		return 0; /* R12: the handler gets NULL */

	/* Memory comes before the bytes are read. */
	if (step_fails(fail))
		return -ENOMEM;
	if (size - IRQ_SET_HDR_SIZE < data_size)
		return -EFAULT;
	out->p = data_size <= sizeof(out->local) ? out->local : malloc(data_size);
	if (!out->p)
		return -ENOMEM;
	memcpy(out->p, (const uint8_t *)arg + IRQ_SET_HDR_SIZE, data_size);
	return 0;
}

/* Under igate, or what a bug has instead. */
int emu_handle(struct emu *emu, const struct request *req, uint32_t flags, uint32_t fail)
{
	set_irqs_handler handler = find_handler(req->index, flags);
	int err;

	emu->fail = fail;
	emu->stepping = emu->step_hook || lock_scheduler();
	emu_step_named(emu, "before anything is done");
	err = handler ? handler(emu, req) : -ENOTTY;
	if (!handler)
		PLANT_SEES(no_handler, emu, &err);
	emu_step_named(emu, "before the call returns");
	host_arrive(&emu->host);
	emu->stepping = false;
	emu->fail = 0;
	return err;
}

int emu_set_irqs(struct backend *be, const void *arg, size_t size)
{
	struct emu *emu = (struct emu *)be;
	struct vfio_irq_set hdr;
	struct request req;
	uint32_t fail = emu_take_failure(emu), data_size;
	struct data data;
	int err;

	if (step_fails(&fail))
		return -EIO; /* R2 */

	/* R3: 20 bytes and no more, whatever argsz says; @arg may be at any address. */
	if (!arg || size < IRQ_SET_HDR_SIZE)
		return -EFAULT;
	memcpy(&hdr, arg, IRQ_SET_HDR_SIZE);

	err = check_header(emu, &hdr, &data_size);
	if (err)
		return err;

	/* R9: copied before the action is looked at. */
	err = copy_data(arg, size, data_size, &data, &fail);
	if (err)
		return err;

	req = (struct request){
		.index = hdr.index,
		.start = hdr.start,
		.count = hdr.count,
		.type = hdr.flags & VFIO_IRQ_SET_DATA_TYPE_MASK,
		.data = data.p,
	};

	/* R10: the lock covers the handler alone. */
	if (!PLANT(set_irqs, emu, &req, hdr.flags, fail, &err)) {
		lock_take(&emu->igate);
		lock_guards(&emu->igate);
		err = emu_handle(emu, &req, hdr.flags, fail);
		lock_drop(&emu->igate);
	}
	data_free(&data);
	return err;
}

static uint32_t info_flags(const struct emu *emu, uint32_t index)
{
	if (index == VFIO_PCI_INTX_IRQ_INDEX)
		return VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_MASKABLE | VFIO_IRQ_INFO_AUTOMASKED;
	if (index == VFIO_PCI_MSIX_IRQ_INDEX && emu->dyn)
		return VFIO_IRQ_INFO_EVENTFD;
	return VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_NORESIZE;
}

void emu_get_info(struct emu *emu, uint32_t index, uint32_t *flags, uint32_t *count)
{
	*flags = info_flags(emu, index);
	*count = emu_irq_count(emu, index);
	PLANT_SEES(get_info, emu, index, flags, count);
}

int emu_irq_info(struct backend *be, struct vfio_irq_info *info)
{
	struct emu *emu = (struct emu *)be;
	uint32_t fail = emu_take_failure(emu);

	if (step_fails(&fail))
		return -EIO; /* R2 */

	PLANT_SEES(irq_info, emu, info);
	/* R14: no lock, nothing changes; argsz stays as given. */
	if (info->argsz < IRQ_INFO_SIZE || info->index >= VFIO_PCI_NUM_IRQS)
		return -EINVAL;
	if (info->index == VFIO_PCI_ERR_IRQ_INDEX && !emu_irq_count(emu, info->index))
		return -EINVAL;

	emu_get_info(emu, info->index, &info->flags, &info->count);
	return 0;
}
