/* SPDX-License-Identifier: MIT */
#include "guest/qemu.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "guest/last.h"
#include "guest/mailbox.h"
#include "guest/proc.h"

#define ARGS_MAX 128

struct args {
	char **v;
	size_t n;
	int failed;
};

int qemu_find(const struct guest_arch *arch, char *path, size_t size, struct errmsg *e)
{
	const char *name = getenv(arch->qemu_variable);

	if (name && *name) {
		if (!proc_find(name, path, size))
			return 0;
		return errmsg_set(e, -ENOENT, EXIT_ENVIRONMENT,
				  "%s names %s, which is no program: unset it, or apt-get install "
				  "%s",
				  arch->qemu_variable, name, arch->qemu_package);
	}
	if (!proc_find(arch->qemu, path, size))
		return 0;
	return errmsg_set(e, -ENOENT, EXIT_ENVIRONMENT, "%s not found: apt-get install %s",
			  arch->qemu, arch->qemu_package);
}

__attribute__((format(printf, 2, 3))) static void add(struct args *a, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (a->n + 1 >= ARGS_MAX || vasprintf(&a->v[a->n], fmt, ap) < 0) {
		a->failed = 1;
		a->v[a->n] = NULL;
	} else {
		a->n++;
	}
	va_end(ap);
}

static void add_pair(struct args *a, const char *option, const char *value)
{
	add(a, "%s", option);
	add(a, "%s", value);
}

static void add_machine(struct args *a, const struct qemu_config *c)
{
	add(a, "%s", c->program);
	add(a, "-accel");
	add(a, "%s%s", c->accel, strcmp(c->accel, "tcg") ? "" : ",thread=multi");
	add(a, "-smp");
	add(a, "%u", c->smp);
	add_pair(a, "-cpu", strcmp(c->accel, "tcg") ? c->arch->cpu_kvm : c->arch->cpu);
	add_pair(a, "-M", c->arch->machine[c->no_intremap]);
	add_pair(a, "-m", c->memory);
	add(a, "-nodefaults");
	add(a, "-no-user-config");
	add(a, "-no-reboot");
	add_pair(a, "-display", "none");
	add_pair(a, "-net", "none");
}

char **qemu_args(const struct qemu_config *c)
{
	struct args a = {.v = calloc(ARGS_MAX, sizeof(char *))};
	char device[160];

	if (!a.v)
		return NULL;
	add_machine(&a, c);
	add(&a, "-chardev");
	add(&a, "socket,id=console,fd=%d", c->console);
	add_pair(&a, "-serial", "chardev:console");
	add(&a, "-chardev");
	add(&a, "socket,id=channel,fd=%d", c->channel);
	if (!c->arch->channel_device)
		add_pair(&a, "-serial", "chardev:channel");
	/* The IOMMU has to exist before the devices that it translates for. */
	if (c->arch->iommu[c->no_intremap])
		add_pair(&a, "-device", c->arch->iommu[c->no_intremap]);
	if (c->arch->channel_device) {
		add(&a, "-device");
		add(&a, "%s,chardev=channel", c->arch->channel_device);
	}
	for (size_t i = 0; i < c->devices->n; i++) {
		if (c->ivshmem[i] >= 0) {
			add(&a, "-chardev");
			add(&a, "socket,id=iv%zu,fd=%d", i, c->ivshmem[i]);
		}
		add_pair(&a, "-device", device_qemu(c->devices, i, device, sizeof(device)));
	}
	add(&a, "-object");
	add(&a, "memory-backend-file,id=last,mem-path=/proc/self/fd/%d,size=%u,share=on", c->last,
	    LAST_SIZE);
	add(&a, "-device");
	add(&a, "ivshmem-plain,memdev=last,bus=pcie.0,addr=0x%x", LAST_SLOT);
	if (c->mailbox >= 0) {
		add(&a, "-object");
		add(&a, "memory-backend-file,id=mailbox,mem-path=/proc/self/fd/%d,size=%u,share=on",
		    c->mailbox, MAILBOX_SIZE);
		add(&a, "-device");
		add(&a, "ivshmem-plain,memdev=mailbox,bus=pcie.0,addr=0x%x", MAILBOX_SLOT);
	}
	add_pair(&a, "-kernel", c->kernel);
	add(&a, "-initrd");
	add(&a, "/proc/self/fd/%d", c->initrd);
	add(&a, "-append");
	add(&a, "%s%s%s", c->arch->append[c->no_intremap], c->append ? " " : "",
	    c->append ? c->append : "");
	if (a.failed) {
		qemu_free_args(a.v);
		return NULL;
	}
	return a.v;
}

void qemu_free_args(char **args)
{
	if (!args)
		return;
	for (size_t i = 0; args[i]; i++)
		free(args[i]);
	free(args);
}

static void inherit(int fd)
{
	if (fd >= 0)
		fcntl(fd, F_SETFD, 0);
}

static _Noreturn void child(const struct qemu_config *c, char **args, int parent, int out)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	const struct rlimit no_core = {0, 0};

	proc_child_setup(parent);
	/* A QEMU that aborts (KVM may make it) would dump the guest's whole memory. */
	setrlimit(RLIMIT_CORE, &no_core);
	if (null < 0 || dup2(null, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0)
		_exit(127);
	inherit(c->initrd);
	inherit(c->console);
	inherit(c->channel);
	inherit(c->last);
	inherit(c->mailbox);
	for (size_t i = 0; i < c->devices->n; i++)
		inherit(c->ivshmem[i]);
	execv(c->program, args);
	dprintf(2, "cannot run %s: %s\n", c->program, strerror(errno));
	_exit(127);
}

pid_t qemu_spawn(const struct qemu_config *c, int *err_fd, struct errmsg *e)
{
	char **args = qemu_args(c);
	pid_t self = getpid(), pid = -1;
	int out[2] = {-1, -1}, err = 0;

	if (!args)
		return errmsg_set(e, -ENOMEM, EXIT_ENVIRONMENT, "out of memory");
	if (!pipe2(out, O_CLOEXEC))
		pid = fork();
	if (!pid)
		child(c, args, self, out[1]);
	if (pid < 0)
		err = errmsg_set(e, -errno, EXIT_ENVIRONMENT, "cannot start %s: %s", c->program,
				 strerror(errno));
	else
		setpgid(pid, pid);
	qemu_free_args(args);
	if (out[1] >= 0)
		close(out[1]);
	if (err) {
		if (out[0] >= 0)
			close(out[0]);
		return err;
	}
	*err_fd = out[0];
	return pid;
}
