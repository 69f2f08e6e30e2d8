/* SPDX-License-Identifier: MIT */
#include "guest/accel.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "guest/fsutil.h"
#include "guest/proc.h"
#include "support/clock.h"
#include "support/log.h"

#define PROBE_TIMEOUT (10 * NSEC_PER_SEC)
#define BOOT_ID       "/proc/sys/kernel/random/boot_id"

/* "BOOT-ID kvm\n" or "BOOT-ID tcg\n" */
static int memory_path(char *path, size_t size)
{
	char dir[PATH_MAX - 16];
	int err = kernel_cache_dir(dir, sizeof(dir), NULL);

	if (!err)
		snprintf(path, size, "%s/accel", dir);
	return err;
}

static int boot_id(char *id, size_t size)
{
	int fd = open(BOOT_ID, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read(fd, id, size - 1);
	close(fd);
	if (n <= 0)
		return -EIO;
	id[n] = '\0';
	id[strcspn(id, "\n")] = '\0';
	return 0;
}

const char *accel_remembered(void)
{
	char path[PATH_MAX], id[64], line[128];
	struct bytes b = {0};
	const char *found = NULL;
	int n;

	if (memory_path(path, sizeof(path)) || boot_id(id, sizeof(id)) || bytes_read_file(&b, path))
		goto out;
	n = snprintf(line, sizeof(line), "%.*s", (int)(b.len < 100 ? b.len : 100), (char *)b.data);
	if (n > 0 && !strncmp(line, id, strlen(id)))
		found = strstr(line, " kvm") ? "kvm" : "tcg";
out:
	bytes_free(&b);
	return found;
}

/* Failing to remember costs the next run a probe, nothing else. */
static void remember(const char *accel)
{
	char path[PATH_MAX], tmp[PATH_MAX + 16], id[64], line[128];
	int n;

	if (memory_path(path, sizeof(path)) || boot_id(id, sizeof(id)))
		return;
	n = snprintf(line, sizeof(line), "%s %s\n", id, accel);
	snprintf(tmp, sizeof(tmp), "%s", path);
	*strrchr(tmp, '/') = '\0';
	fs_mkdirs(tmp);
	snprintf(tmp, sizeof(tmp), "%s.%d", path, (int)getpid());
	if (fs_write_file(tmp, line, (size_t)n) || rename(tmp, path))
		unlink(tmp);
}

int accel_choose(const struct guest_config *c, const char **accel, struct errmsg *e)
{
	struct guest_config probe = *c;
	struct guest_result r;
	int fd = open("/dev/kvm", O_RDWR | O_CLOEXEC), err = 0;

	*accel = fd < 0 || c->arch != guest_arch_own() ? "tcg" : accel_remembered();
	if (fd >= 0)
		close(fd);
	if (*accel)
		return 0;
	log_note("guest: trying KVM (once; --accel tcg or kvm skips this)");
	probe.accel = "kvm";
	probe.probe = true;
	probe.quiet = true;
	probe.program = NULL;
	probe.argc = 0;
	probe.n_in = probe.n_out = 0;
	probe.console = NULL;
	probe.timeout_ns = PROBE_TIMEOUT;
	*accel = "tcg";
	if (guest_run(&probe, &r, NULL))
		return 0; /* what failed will fail again, and be reported, in the real run */
	if (r.end == GUEST_STOPPED)
		err = proc_interrupted(e, r.stop_signal);
	else if (r.exited)
		*accel = "kvm";
	if (!err)
		remember(*accel);
	if (!err && !r.exited)
		log_note("guest: KVM does not work on this host, emulating (tcg)");
	guest_result_free(&r);
	return err;
}
