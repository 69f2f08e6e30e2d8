/* SPDX-License-Identifier: MIT */
#include "guest/init_setup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "guest/arch.h"
#include "guest/cmdfile.h"
#include "guest/last.h"
#include "guest/mailbox.h"
#include "guest/modules.h"
#include "guest/needs.h"

#define SYS_PCI "/sys/bus/pci"

static const struct {
	const char *type, *where;
	unsigned long flags;
} mounts[] = {
	{"proc", "/proc", MS_NOSUID | MS_NOEXEC | MS_NODEV},
	{"sysfs", "/sys", MS_NOSUID | MS_NOEXEC | MS_NODEV},
	{"devtmpfs", "/dev", MS_NOSUID},
	{"tmpfs", "/tmp", MS_NOSUID | MS_NODEV},
	{"tmpfs", "/out", MS_NOSUID | MS_NODEV},
};

int init_mount(struct errmsg *e)
{
	for (size_t i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++) {
		char call[32];

		if (!mount(mounts[i].type, mounts[i].where, mounts[i].type, mounts[i].flags,
			   NULL) ||
		    errno == EBUSY)
			continue;
		snprintf(call, sizeof(call), "mount %s", mounts[i].type);
		return needs_failed(call, errno, e);
	}
	/* Tools expect a place for shared memory; without one they only do less. */
	mkdir("/dev/shm", 0777);
	mount("tmpfs", "/dev/shm", "tmpfs", MS_NOSUID | MS_NODEV, NULL);
	return 0;
}

/* The kernel passes MODULE.PARAM=VALUE of its command line to what is built in; here is the rest.
 */
static int load_module(const char *path, const char *cmdline)
{
	const char *slash = strrchr(path, '/');
	char name[MODULE_NAME_MAX], params[512];
	const char *how;
	int fd = open(path, O_RDONLY | O_CLOEXEC), err = 0;

	if (fd < 0)
		return -errno;
	params[0] = '\0';
	if (module_name(slash ? slash + 1 : path, name, &how))
		module_params(cmdline, name, params, sizeof(params));
	if (syscall(SYS_finit_module, fd, params, 0) && errno != EEXIST)
		err = -errno;
	close(fd);
	return err;
}

int init_modules(const struct bytes *cmd, struct errmsg *e)
{
	struct bytes cmdline = {0};
	const char *path = NULL;
	int err = bytes_read_file(&cmdline, "/proc/cmdline");

	if (!err)
		err = bytes_append(&cmdline, "", 1);
	if (err)
		return errmsg_set(e, err, EXIT_ENVIRONMENT, "cannot read /proc/cmdline: %s",
				  strerror(-err));
	while (!err && (path = cmdfile_next(cmd, path, "module"))) {
		err = load_module(path, (const char *)cmdline.data);
		if (err == -ENOSYS)
			needs_failed("finit_module", ENOSYS, e);
		else if (err)
			errmsg_set(e, err, EXIT_ENVIRONMENT,
				   "cannot load %s: %s (do the modules belong to this kernel, and "
				   "has it their parameters?)",
				   path, strerror(-err));
	}
	bytes_free(&cmdline);
	return err;
}

static int put(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), err = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, value, strlen(value)) < 0)
		err = -errno;
	close(fd);
	return err;
}

/* The last part of the path that a link of @bdf in sysfs leads to; "" when there is no link. */
static const char *link_name(const char *bdf, const char *link, char *buf, size_t size)
{
	char path[128];
	const char *slash;
	ssize_t n;

	snprintf(path, sizeof(path), SYS_PCI "/devices/%s/%s", bdf, link);
	n = readlink(path, buf, size - 1);
	buf[n > 0 ? n : 0] = '\0';
	slash = strrchr(buf, '/');
	return slash ? slash + 1 : buf;
}

static int bind_one(const char *bdf, const char *what, struct errmsg *e)
{
	char path[128], link[PATH_MAX];
	const char *driver;
	int err;

	snprintf(path, sizeof(path), SYS_PCI "/devices/%s/driver_override", bdf);
	err = put(path, "vfio-pci");
	if (err)
		return errmsg_set(e, err, EXIT_ENVIRONMENT, "no device at %s (%s): %s", bdf, what,
				  strerror(-err));
	driver = link_name(bdf, "driver", link, sizeof(link));
	if (*driver && strcmp(driver, "vfio-pci")) {
		snprintf(path, sizeof(path), SYS_PCI "/devices/%s/driver/unbind", bdf);
		put(path, bdf);
	}
	err = put(SYS_PCI "/drivers_probe", bdf);
	if (!strcmp(link_name(bdf, "driver", link, sizeof(link)), "vfio-pci"))
		return 0;
	if (access("/sys/bus/pci/drivers/vfio-pci", F_OK))
		return errmsg_set(e, -ENODEV, EXIT_ENVIRONMENT,
				  "this kernel has no vfio-pci: build it in, or give --kernel "
				  "PATH,modules=DIR");
	if (!*link_name(bdf, "iommu_group", link, sizeof(link)))
		return errmsg_set(e, -ENODEV, EXIT_ENVIRONMENT,
				  "%s (%s) is in no IOMMU group: the kernel needs %s", bdf, what,
				  guest_arch_own()->iommu_option);
	return errmsg_set(e, err ? err : -EIO, EXIT_ENVIRONMENT,
			  "cannot bind %s (%s) to vfio-pci: %s", bdf, what,
			  strerror(err ? -err : EIO));
}

int init_bind(const struct bytes *cmd, struct errmsg *e)
{
	const char *device = NULL;
	int err = 0;

	while (!err && (device = cmdfile_next(cmd, device, "device"))) {
		char bdf[32];

		snprintf(bdf, sizeof(bdf), "%.*s", (int)strcspn(device, " "), device);
		err = bind_one(bdf, device + strcspn(device, " ") + 1, e);
	}
	return err;
}

void init_last(void)
{
	put(SYS_PCI "/devices/" LAST_BDF "/enable", "1");
}

int init_mailbox(const void **memory, struct errmsg *e)
{
	void *p;
	int fd, err = put(SYS_PCI "/devices/" MAILBOX_BDF "/enable", "1");

	fd = open(MAILBOX_PATH, O_RDWR | O_CLOEXEC | O_SYNC);
	if (fd < 0)
		return errmsg_set(e, err ? err : -errno, EXIT_ENVIRONMENT,
				  "cannot open %s, through which a session's commands come: %s",
				  MAILBOX_PATH, strerror(errno));
	p = mmap(NULL, MAILBOX_SIZE, PROT_READ, MAP_SHARED, fd, 0);
	err = p == MAP_FAILED ? -errno : 0;
	close(fd);
	if (err)
		return errmsg_set(e, err, EXIT_ENVIRONMENT, "cannot map %s: %s", MAILBOX_PATH,
				  strerror(-err));
	*memory = p;
	return 0;
}
