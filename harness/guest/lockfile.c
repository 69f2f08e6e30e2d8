/* SPDX-License-Identifier: MIT */
#include "guest/lockfile.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "guest/proc.h"
#include "support/log.h"

#define RETRY_MS 200

static int open_lock(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);

	return fd < 0 ? -errno : fd;
}

static int lock_now(int fd)
{
	return flock(fd, LOCK_EX | LOCK_NB) ? -errno : 0;
}

int lockfile_try(const char *path)
{
	int fd = open_lock(path), err = fd < 0 ? fd : lock_now(fd);

	if (!err)
		return fd;
	if (fd >= 0)
		close(fd);
	return err;
}

int lockfile_take(const char *path, const char *doing, int sigfd, struct errmsg *e)
{
	struct pollfd stop = {.fd = sigfd, .events = POLLIN};
	int fd = open_lock(path), err, sig;
	bool told = false;

	if (fd < 0)
		return errmsg_set(e, fd, EXIT_ENVIRONMENT,
				  "cannot write to the kernel cache: %s: %s; set XDG_CACHE_HOME",
				  path, strerror(-fd));
	while ((err = lock_now(fd)) == -EWOULDBLOCK) {
		if (!told)
			log_note("guest: waiting for another irqstorm that is %s", doing);
		told = true;
		sig = poll(&stop, 1, RETRY_MS) > 0 ? proc_stop_signal(sigfd) : 0;
		if (sig) {
			close(fd);
			return proc_interrupted(e, sig);
		}
	}
	if (!err)
		return fd;
	close(fd);
	return errmsg_set(e, err, EXIT_ENVIRONMENT, "cannot lock %s: %s", path, strerror(-err));
}
