/* SPDX-License-Identifier: MIT */
#include "guest/init_config.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A state is records of three bytes: where, and the 16-bit word there. */
#define RECORD 3

static const uint8_t header_words[] = {
	PCI_COMMAND,        PCI_CACHE_LINE_SIZE, /* and the latency timer */
	PCI_BASE_ADDRESS_0, PCI_BASE_ADDRESS_0 + 2, PCI_BASE_ADDRESS_1, PCI_BASE_ADDRESS_1 + 2,
	PCI_BASE_ADDRESS_2, PCI_BASE_ADDRESS_2 + 2, PCI_BASE_ADDRESS_3, PCI_BASE_ADDRESS_3 + 2,
	PCI_BASE_ADDRESS_4, PCI_BASE_ADDRESS_4 + 2, PCI_BASE_ADDRESS_5, PCI_BASE_ADDRESS_5 + 2,
	PCI_ROM_ADDRESS,    PCI_ROM_ADDRESS + 2,
};

static const struct {
	uint8_t cap, word;
} cap_words[] = {
	{PCI_CAP_ID_MSI, PCI_MSI_FLAGS},
	{PCI_CAP_ID_MSIX, PCI_MSIX_FLAGS},
	{PCI_CAP_ID_EXP, PCI_EXP_DEVCTL},
};

static int open_config(const char *device, int how)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%s/config", device);
	fd = open(path, how | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static size_t add_word(uint8_t *state, size_t len, const uint8_t *space, uint8_t at)
{
	if (len + RECORD > CONFIG_STATE || at > 254)
		return len;
	state[len] = at;
	memcpy(state + len + 1, space + at, 2);
	return len + RECORD;
}

ssize_t config_take(const char *device, uint8_t *state)
{
	uint8_t space[256] = {0}, at;
	int fd = open_config(device, O_RDONLY);
	size_t len = 0;
	ssize_t n;

	if (fd < 0)
		return fd;
	n = pread(fd, space, sizeof(space), 0);
	close(fd);
	if (n < 64)
		return n < 0 ? -errno : -EIO;
	if ((space[PCI_HEADER_TYPE] & 0x7f) != PCI_HEADER_TYPE_NORMAL)
		return -ENODEV; /* a bridge has no driver of ours */
	for (size_t i = 0; i < sizeof(header_words); i++)
		len = add_word(state, len, space, header_words[i]);
	at = space[PCI_STATUS] & PCI_STATUS_CAP_LIST ? space[PCI_CAPABILITY_LIST] & 0xfc : 0;
	for (int guard = 0; at && guard < 48; guard++, at = space[at + 1] & 0xfc) {
		for (size_t i = 0; i < sizeof(cap_words) / sizeof(cap_words[0]); i++) {
			if (cap_words[i].cap == space[at])
				len = add_word(state, len, space,
					       (uint8_t)(at + cap_words[i].word));
		}
	}
	return (ssize_t)len;
}

bool config_put(const char *device, const uint8_t *state, size_t len)
{
	uint8_t now[CONFIG_STATE];
	ssize_t n = config_take(device, now);
	int fd = open_config(device, O_WRONLY);

	if (fd < 0)
		return false;
	for (size_t at = 0; n == (ssize_t)len && at < len; at += RECORD) {
		if (memcmp(now + at, state + at, RECORD) &&
		    pwrite(fd, state + at + 1, 2, state[at]) != 2)
			break;
	}
	close(fd);
	return config_take(device, now) == (ssize_t)len && !memcmp(now, state, len);
}

void config_show(const uint8_t *state, size_t len, char *buf, size_t size)
{
	size_t n = 0;

	buf[0] = '\0';
	for (size_t at = 0; at < len; at += RECORD) {
		if (at && at < RECORD * sizeof(header_words))
			continue;
		if (n < size)
			n += (size_t)snprintf(buf + n, size - n, "%s%02x:%02x%02x", n ? " " : "",
					      state[at], state[at + 2], state[at + 1]);
	}
}
