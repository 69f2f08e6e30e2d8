/* SPDX-License-Identifier: MIT */
#include "vfio/hostuse.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int not_hidden(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

static bool any_entry(const char *dir)
{
	struct dirent **names;
	int n = scandir(dir, &names, not_hidden, NULL);

	for (int i = 0; i < n; i++)
		free(names[i]);
	if (n >= 0)
		free(names);
	return n > 0;
}

/* The first line of @dir/@leaf; "" when there is none. */
static const char *line_of(const char *dir, const char *leaf, char *buf, size_t size)
{
	char path[PATH_MAX + 64];
	FILE *f;

	*buf = '\0';
	snprintf(path, sizeof(path), "%s/%s", dir, leaf);
	f = fopen(path, "re");
	if (!f)
		return buf;
	if (fgets(buf, (int)size, f))
		buf[strcspn(buf, "\n")] = '\0';
	fclose(f);
	return buf;
}

/* Is @word among the words of a line of /proc/@file? A mount has its MAJOR:MINOR, swap its name. */
static bool listed(const struct vfio_roots *r, const char *file, const char *word)
{
	char path[PATH_MAX + 64], line[4096], *save, *w;
	bool found = false;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", r->proc ? r->proc : "/proc", file);
	f = fopen(path, "re");
	if (!f)
		return false;
	while (!found && fgets(line, sizeof(line), f)) {
		for (w = strtok_r(line, " \t\n", &save); w && !found;
		     w = strtok_r(NULL, " \t\n", &save))
			found = !strcmp(w, word);
	}
	fclose(f);
	return found;
}

/* A disk or partition: mounted, swap, or below a volume, a RAID or a cipher that has it open. */
static bool disk_in_use(const struct vfio_roots *r, const char *dir, const char *name)
{
	char holders[PATH_MAX], number[32], node[300];

	snprintf(holders, sizeof(holders), "%.3000s/holders", dir);
	snprintf(node, sizeof(node), "/dev/%s", name);
	line_of(dir, "dev", number, sizeof(number));
	/* btrfs shows a number of its own, but the node as well */
	return (*number && listed(r, "self/mountinfo", number)) ||
	       listed(r, "self/mountinfo", node) || listed(r, "swaps", node) || any_entry(holders);
}

static bool interface_in_use(const struct vfio_roots *r, const char *dir, const char *name)
{
	char state[32];

	(void)r;
	(void)name;
	return !strcmp(line_of(dir, "operstate", state, sizeof(state)), "up");
}

/* Something of /sys/class/@class that is below @dev and in use. */
static bool find_in(const struct vfio_roots *r, const struct pci_device *dev, const char *class,
		    bool (*in_use)(const struct vfio_roots *r, const char *dir, const char *name),
		    char *found, size_t size)
{
	char root[PATH_MAX], path[PATH_MAX], to[PATH_MAX], below[32];
	struct dirent **names;
	bool yes = false;
	int n;

	snprintf(root, sizeof(root), "%s/class/%s", r->sysfs, class);
	snprintf(below, sizeof(below), "/%s/", dev->bdf);
	n = scandir(root, &names, not_hidden, alphasort);
	for (int i = 0; i < n; i++) {
		ssize_t len;

		snprintf(path, sizeof(path), "%.3000s/%s", root, names[i]->d_name);
		len = yes ? -1 : readlink(path, to, sizeof(to) - 1);
		to[len > 0 ? len : 0] = '\0';
		if (strstr(to, below) && in_use(r, path, names[i]->d_name)) {
			snprintf(found, size, "%.60s", names[i]->d_name);
			yes = true;
		}
		free(names[i]);
	}
	if (n >= 0)
		free(names);
	return yes;
}

bool hostuse_find(const struct vfio_roots *r, const struct pci_device *dev, char *what, size_t size)
{
	char dir[PATH_MAX], name[64], vga[8], class[16];

	*what = '\0';
	if (dev->vfio || !*dev->driver)
		return false;
	if (find_in(r, dev, "block", disk_in_use, name, sizeof(name))) {
		snprintf(what, size, "disk %s is in use", name);
		return true;
	}
	if (find_in(r, dev, "net", interface_in_use, name, sizeof(name))) {
		snprintf(what, size, "network interface %s is up", name);
		return true;
	}
	snprintf(dir, sizeof(dir), "%s/bus/pci/devices/%s", r->sysfs, dev->bdf);
	line_of(dir, "boot_vga", vga, sizeof(vga));
	line_of(dir, "class", class, sizeof(class));
	if (*vga != '1' && strncmp(class, "0x03", 4))
		return false;
	snprintf(what, size, "it is the host's display");
	return true;
}
