/* SPDX-License-Identifier: MIT */
#include "guest/mailbox.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int mailbox_create(void)
{
	int fd = memfd_create("irqstorm-mailbox", MFD_CLOEXEC), err;

	if (fd < 0)
		return -errno;
	if (!ftruncate(fd, MAILBOX_SIZE))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

/* By read(): a file that shrinks meanwhile is an error, not a signal. */
ssize_t mailbox_put(int mailbox, int request)
{
	struct stat st;
	uint8_t *to;
	size_t size, at = 0;
	int err = 0;

	if (fstat(request, &st))
		return -errno;
	if (st.st_size <= 0 || st.st_size > (off_t)MAILBOX_SIZE)
		return -EFBIG;
	size = (size_t)st.st_size;
	/* What a command before took is given back; failing to costs memory only. */
	fallocate(mailbox, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, MAILBOX_SIZE);
	to = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, mailbox, 0);
	if (to == MAP_FAILED)
		return -errno;
	while (!err && at < size) {
		ssize_t n = pread(request, to + at, size - at, (off_t)at);

		if (n > 0)
			at += (size_t)n;
		else if (!n || errno != EINTR)
			err = n ? -errno : -EIO;
	}
	munmap(to, size);
	return err ? err : (ssize_t)size;
}
