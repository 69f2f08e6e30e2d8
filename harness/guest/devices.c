/* SPDX-License-Identifier: MIT */
#include "guest/devices.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "guest/ivshmem.h"
#include "support/units.h"

struct kind_info {
	const char *name;
	unsigned int vectors, max; /* default and limit; 0: fixed by the device */
	const char *qemu;
	const char *option; /* the property that takes the number of vectors */
};

static const struct kind_info kinds[] = {
	[DEVICE_IVSHMEM] = {"ivshmem", 64, IVSHMEM_VECTORS_MAX, "ivshmem-doorbell", "vectors"},
	[DEVICE_EDU] = {"edu", 0, 0, "edu", NULL},
	[DEVICE_XHCI] = {"xhci", 0, 0, "nec-usb-xhci,msi=on,msix=on", NULL},
	[DEVICE_NVME] = {"nvme", 65, 2048, "nvme,serial=irqstorm", "msix_qsize"},
	[DEVICE_E1000E] = {"e1000e", 0, 0, "e1000e", NULL},
};

#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

static int parse_one(const char *text, size_t len, struct device *dev, struct errmsg *e)
{
	const char *eq = memchr(text, '=', len);
	size_t name_len = eq ? (size_t)(eq - text) : len;
	const struct kind_info *k = NULL;
	char number[24];
	uint64_t n;

	for (size_t i = 0; i < N_KINDS && !k; i++) {
		if (strlen(kinds[i].name) == name_len && !memcmp(kinds[i].name, text, name_len)) {
			k = &kinds[i];
			*dev = (struct device){.kind = (enum device_kind)i, .vectors = k->vectors};
		}
	}
	if (!k)
		return errmsg_set(
			e, -EINVAL, EXIT_USAGE,
			"--devices: no device '%.*s'; there are ivshmem[=VECTORS], edu, xhci, "
			"nvme[=VECTORS] and e1000e",
			(int)len, text);
	if (!eq)
		return 0;
	if (!k->max)
		return errmsg_set(e, -EINVAL, EXIT_USAGE,
				  "--devices: %s has a fixed number of vectors", k->name);
	snprintf(number, sizeof(number), "%.*s", (int)(len - name_len - 1), eq + 1);
	if (len - name_len - 1 >= sizeof(number) || units_parse_count(number, &n) || !n ||
	    n > k->max)
		return errmsg_set(e, -EINVAL, EXIT_USAGE, "--devices: %.*s: 1 to %u vectors",
				  (int)len, text, k->max);
	dev->vectors = (unsigned int)n;
	return 0;
}

int devices_parse(const char *text, struct devices *d, struct errmsg *e)
{
	memset(d, 0, sizeof(*d));
	for (;;) {
		size_t len = strcspn(text, ",");
		int err;

		if (d->n == DEVICES_MAX)
			return errmsg_set(e, -EINVAL, EXIT_USAGE, "--devices: %d at most",
					  DEVICES_MAX);
		err = parse_one(text, len, &d->v[d->n], e);
		if (err)
			return err;
		d->n++;
		if (!text[len])
			return 0;
		text += len + 1;
	}
}

const char *device_name(enum device_kind kind)
{
	return kinds[kind].name;
}

const char *device_bdf(size_t i, char *buf, size_t size)
{
	snprintf(buf, size, "0000:00:%02zx.0", DEVICE_SLOT_FIRST + i);
	return buf;
}

const char *device_qemu(const struct devices *d, size_t i, char *buf, size_t size)
{
	const struct kind_info *k = &kinds[d->v[i].kind];
	int n = snprintf(buf, size, "%s,bus=pcie.0,addr=0x%zx", k->qemu, DEVICE_SLOT_FIRST + i);

	if (k->option && n > 0 && (size_t)n < size)
		n += snprintf(buf + n, size - (size_t)n, ",%s=%u", k->option, d->v[i].vectors);
	if (d->v[i].kind == DEVICE_IVSHMEM && n > 0 && (size_t)n < size)
		snprintf(buf + n, size - (size_t)n, ",chardev=iv%zu", i);
	return buf;
}

const char *devices_format(const struct devices *d, char *buf, size_t size)
{
	size_t n = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < d->n && n < size; i++) {
		n += (size_t)snprintf(buf + n, size - n, "%s%s", i ? "," : "",
				      device_name(d->v[i].kind));
		if (d->v[i].vectors && n < size)
			n += (size_t)snprintf(buf + n, size - n, "=%u", d->v[i].vectors);
	}
	return buf;
}

unsigned int devices_eventfds(const struct devices *d)
{
	unsigned int n = 0;

	for (size_t i = 0; i < d->n; i++)
		n += d->v[i].kind == DEVICE_IVSHMEM ? d->v[i].vectors : 0;
	return n;
}
