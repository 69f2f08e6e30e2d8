/* SPDX-License-Identifier: MIT */
#include "guest/initramfs.h"

#include <elf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "guest/cmdfile.h"
#include "guest/cpio.h"
#include "guest/last.h"
#include "guest/mailbox.h"
#include "support/blackbox.h"
#include "support/handover.h"

#define PROGRAM "bin/program" /* a static program of the user's own */

extern char **environ;

static bool is_dynamic(const struct bytes *b)
{
	const Elf64_Ehdr *eh = (const void *)b->data;

	if (eh->e_phentsize != sizeof(Elf64_Phdr) || eh->e_phoff > b->len ||
	    (b->len - eh->e_phoff) / sizeof(Elf64_Phdr) < eh->e_phnum)
		return false;
	for (unsigned int i = 0; i < eh->e_phnum; i++) {
		Elf64_Phdr ph;

		memcpy(&ph, b->data + eh->e_phoff + i * sizeof(ph), sizeof(ph));
		if (ph.p_type == PT_INTERP)
			return true;
	}
	return false;
}

int initramfs_program(struct bytes *b, const char *path, const struct guest_arch *arch, bool ours,
		      struct errmsg *e)
{
	const Elf64_Ehdr *eh;
	int err = bytes_read_file(b, path);

	if (err)
		return errmsg_set(e, err, EXIT_ENVIRONMENT, "cannot read %s: %s", path,
				  strerror(-err));
	eh = (const void *)b->data;
	if (b->len < sizeof(*eh) || memcmp(eh->e_ident, ELFMAG, SELFMAG) ||
	    eh->e_ident[EI_CLASS] != ELFCLASS64 ||
	    (arch ? eh->e_machine != arch->elf_machine
		  : eh->e_machine != EM_X86_64 && eh->e_machine != EM_AARCH64))
		return errmsg_set(e, -ENOEXEC, EXIT_ENVIRONMENT,
				  "%s is not an %s program: the guest runs nothing else", path,
				  arch ? arch->title : "x86-64 or arm64");
	if (!is_dynamic(b))
		return 0;
	if (ours)
		return errmsg_set(
			e, -ENOEXEC, EXIT_ENVIRONMENT,
			"this irqstorm is dynamically linked (a sanitizer build?): use the "
			"release build");
	return errmsg_set(
		e, -ENOEXEC, EXIT_ENVIRONMENT,
		"%s is dynamically linked and the guest has no libraries: link it with -static",
		path);
}

static int add_modules(struct bytes *ar, struct bytes *cmd, const struct modules *m)
{
	int err = cpio_dir(ar, "modules");

	for (size_t i = 0; !err && i < m->n; i++) {
		char path[MODULE_NAME_MAX + 16];

		snprintf(path, sizeof(path), "/modules/%s.ko", m->v[i].name);
		err = cpio_file(ar, path + 1, 0644, m->v[i].data.data, m->v[i].data.len);
		if (!err)
			err = cmdfile_add(cmd, "module", path);
	}
	return err;
}

static int add_devices(struct bytes *cmd, const struct devices *d)
{
	char bdf[16], line[64], all[DEVICES_MAX * 32] = "IRQSTORM_DEVICES=";
	size_t n = strlen(all);
	int err = 0;

	for (size_t i = 0; !err && i < d->n; i++) {
		device_bdf(i, bdf, sizeof(bdf));
		snprintf(line, sizeof(line), "%s %s", bdf, device_name(d->v[i].kind));
		n += (size_t)snprintf(all + n, sizeof(all) - n, "%s%s=%s", i ? "," : "", bdf,
				      device_name(d->v[i].kind));
		err = cmdfile_add(cmd, "device", line);
	}
	return err ? err : cmdfile_add(cmd, "env", all);
}

/* Those of our variables that are the host's affair, or that a guest gets from us. */
static bool stays_out(const char *variable)
{
	static const char *const names[] = {
		"IRQSTORM_QEMU",       "IRQSTORM_GUEST=",     "IRQSTORM_DEVICES=",
		BLACKBOX_VARIABLE "=", HANDOVER_VARIABLE "=",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!strncmp(variable, names[i], strlen(names[i])))
			return true;
	}
	return false;
}

/* The guest's programs see our own variables, not the host's PATH or HOME. */
static int add_environment(struct bytes *cmd)
{
	static const char *const fixed[] = {"PATH=/bin",
					    "HOME=/tmp",
					    "TMPDIR=/tmp",
					    "IRQSTORM_GUEST=1",
					    BLACKBOX_VARIABLE "=" LAST_PATH,
					    HANDOVER_VARIABLE "=1"};
	int err = 0;

	for (size_t i = 0; !err && i < sizeof(fixed) / sizeof(fixed[0]); i++)
		err = cmdfile_add(cmd, "env", fixed[i]);
	for (char **p = environ; !err && *p; p++) {
		if (!strncmp(*p, "IRQSTORM_", 9) && !stays_out(*p))
			err = cmdfile_add(cmd, "env", *p);
	}
	return err;
}

static int add_infiles(struct bytes *ar, const struct guest_config *c, struct errmsg *e)
{
	for (size_t i = 0; i < c->n_in; i++) {
		struct bytes data = {0};
		int err;

		if (!c->in[i].host) {
			err = cpio_dir(ar, c->in[i].guest + 1);
			if (err)
				return errmsg_set(e, err, EXIT_ENVIRONMENT, "out of memory");
			continue;
		}
		err = bytes_read_file(&data, c->in[i].host);
		if (err) {
			bytes_free(&data);
			return errmsg_set(e, err, EXIT_ENVIRONMENT, "cannot read %s: %s",
					  c->in[i].host, strerror(-err));
		}
		err = cpio_file(ar, c->in[i].guest + 1, 0644, data.data, data.len);
		bytes_free(&data);
		if (err)
			return errmsg_set(e, err, EXIT_ENVIRONMENT,
					  "cannot pass %s to the guest: %s", c->in[i].host,
					  strerror(-err));
	}
	return 0;
}

static int add_folders(struct bytes *ar)
{
	static const char *const folders[] = {"dev", "proc", "sys", "tmp", "out", "in", "bin"};
	int err = 0;

	for (size_t i = 0; !err && i < sizeof(folders) / sizeof(folders[0]); i++)
		err = cpio_dir(ar, folders[i]);
	/* Without it a kernel that brings none of its own complains at every boot. */
	if (!err)
		err = cpio_chardev(ar, "dev/console", 0600, 5, 1);
	return err;
}

static int add_command(struct bytes *ar, struct bytes *cmd, const struct guest_config *c)
{
	int err = cmdfile_add(cmd, "mode", c->probe ? "probe" : c->session ? "session" : "run");

	if (!err && c->session) {
		err = add_devices(cmd, c->devices);
		goto out;
	}
	if (!err && !c->probe)
		err = cmdfile_add(cmd, "exe", c->program ? "/" PROGRAM : "/init");
	if (!err)
		err = add_devices(cmd, c->devices);
	if (!err)
		err = add_environment(cmd);
	/* A program of the user's own has its name in front already. */
	if (!err && !c->program)
		err = cmdfile_add(cmd, "arg", "irqstorm");
	for (int i = 0; !err && i < c->argc; i++)
		err = cmdfile_add(cmd, "arg", c->argv[i]);
	for (size_t i = 0; !err && i < c->n_out; i++)
		err = cmdfile_add(cmd, "out", c->out[i].guest);
out:
	return err ? err : cpio_file(ar, &CMDFILE_PATH[1], 0644, cmd->data, cmd->len);
}

/* The program of the user's own, the command and the files that cross. */
static int add_job(struct bytes *ar, struct bytes *cmd, const struct guest_config *c,
		   struct errmsg *e)
{
	struct bytes program = {0};
	int err = 0;

	if (c->program && !c->session) {
		err = initramfs_program(&program, c->program, c->arch, false, e);
		if (err)
			goto out;
		err = cpio_file(ar, PROGRAM, 0755, program.data, program.len);
	}
	if (!err)
		err = add_command(ar, cmd, c);
	if (err) {
		errmsg_set(e, err, EXIT_ENVIRONMENT, "cannot build the initramfs: %s",
			   strerror(-err));
		goto out;
	}
	err = c->session ? 0 : add_infiles(ar, c, e);
	if (!err && cpio_end(ar))
		err = errmsg_set(e, -ENOMEM, EXIT_ENVIRONMENT, "out of memory");
out:
	bytes_free(&program);
	return err;
}

static int to_memfd(const struct bytes *ar, struct errmsg *e)
{
	int fd = memfd_create("irqstorm-initramfs", MFD_CLOEXEC);
	int err = fd < 0 ? -errno : write_all(fd, ar->data, ar->len);

	if (!err)
		return fd;
	if (fd >= 0)
		close(fd);
	return errmsg_set(e, err, EXIT_ENVIRONMENT,
			  "cannot hold the initramfs (%zu MB) in memory: %s", ar->len >> 20,
			  strerror(-err));
}

int initramfs_build(const struct guest_config *c, struct errmsg *e)
{
	struct bytes ar = {0}, cmd = {0}, init = {0};
	int err = initramfs_program(&init, c->init, c->arch, true, e);

	if (err)
		goto out;
	err = add_folders(&ar);
	if (!err)
		err = cpio_file(&ar, "init", 0755, init.data, init.len);
	if (!err)
		err = add_modules(&ar, &cmd, &c->kernel->modules);
	if (err) {
		errmsg_set(e, err, EXIT_ENVIRONMENT, "cannot build the initramfs: %s",
			   strerror(-err));
		goto out;
	}
	err = add_job(&ar, &cmd, c, e);
	if (!err)
		err = to_memfd(&ar, e);
out:
	bytes_free(&init);
	bytes_free(&cmd);
	bytes_free(&ar);
	return err;
}

int initramfs_request(const struct guest_config *c, struct errmsg *e)
{
	struct bytes ar = {0}, cmd = {0};
	int err = add_job(&ar, &cmd, c, e);

	if (!err && ar.len > MAILBOX_SIZE)
		err = errmsg_set(
			e, -EFBIG, EXIT_ENVIRONMENT,
			"that command takes %zu MB of files into the guest, and a session %u "
			"at most: run it without --session",
			ar.len >> 20, MAILBOX_SIZE >> 20);
	if (!err)
		err = to_memfd(&ar, e);
	bytes_free(&cmd);
	bytes_free(&ar);
	return err;
}
