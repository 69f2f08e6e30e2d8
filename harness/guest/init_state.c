/* SPDX-License-Identifier: MIT */
#include "guest/init_state.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guest/init_config.h"

#define VALUE_MAX 4096
#define SHOW_MAX  60

#define AFFINITY_DEFAULT "/proc/irq/default_smp_affinity"

enum how {
	FILES,  /* the value of a file that can be read and written */
	TREE,   /* the same of all files below */
	NAMES,  /* that it is there */
	LINK,   /* where a link leads */
	CONFIG, /* of a PCI device (init_config.h) */
	WHOLE,  /* the value of a file that nobody can write */
	STATS,  /* size and time of a file of the root's own file system */
};

struct source {
	enum how how;
	const char *pattern; /* a component is a name, or "*" for all */
};

static const struct source sources[] = {
	{TREE, "/proc/sys"},
	{NAMES, "/sys/module/*"},
	{FILES, "/sys/module/*/parameters/*"},
	{FILES, "/proc/irq/*/smp_affinity"},
	{FILES, AFFINITY_DEFAULT},
	{FILES, "/sys/devices/system/cpu/*/online"},
	{NAMES, "/sys/bus/pci/devices/*"},
	{LINK, "/sys/bus/pci/devices/*/driver"},
	{FILES, "/sys/bus/pci/devices/*/driver_override"},
	{FILES, "/sys/bus/pci/devices/*/enable"},
	{FILES, "/sys/bus/pci/devices/*/msi_bus"},
	{FILES, "/sys/bus/pci/devices/*/sriov_numvfs"},
	{FILES, "/sys/bus/pci/devices/*/sriov_drivers_autoprobe"},
	{FILES, "/sys/bus/pci/devices/*/d3cold_allowed"},
	{FILES, "/sys/bus/pci/devices/*/reset_method"},
	{FILES, "/sys/bus/pci/devices/*/power/control"},
	{CONFIG, "/sys/bus/pci/devices/*"},
	{WHOLE, "/proc/mounts"},
	{STATS, "/*"},
	{STATS, "/modules/*"},
};

#define N_SOURCES (sizeof(sources) / sizeof(sources[0]))

/* What the kernel moves by itself, what reading costs, and what is judged elsewhere. */
static const char *const left_out[] = {
	"/proc/sys/kernel/ns_last_pid",
	"/proc/sys/kernel/perf_event_max_sample_rate",
	"/proc/sys/kernel/perf_cpu_time_max_percent",
	"/proc/sys/kernel/tainted", /* judge.h */
	"/proc/sys/vm/stat_refresh",
	"/proc/sys/fs/binfmt_misc",
	"/command",
};

static bool is_left_out(const char *path)
{
	for (size_t i = 0; i < sizeof(left_out) / sizeof(left_out[0]); i++) {
		if (!strcmp(path, left_out[i]))
			return true;
	}
	return false;
}

static int add(struct state *s, const char *name, const void *value, size_t len, size_t source)
{
	struct state_item *i;

	if (s->n == s->room) {
		size_t room = s->room ? 2 * s->room : 1024;
		struct state_item *v = reallocarray(s->v, room, sizeof(*v));

		if (!v)
			return -ENOMEM;
		s->v = v;
		s->room = room;
	}
	i = &s->v[s->n];
	*i = (struct state_item){
		.name = strdup(name),
		.value = malloc(len + 1),
		.len = len,
		.source = (uint8_t)source,
	};
	if (!i->name || !i->value) {
		free(i->name);
		free(i->value);
		return -ENOMEM;
	}
	memcpy(i->value, value, len);
	i->value[len] = '\0';
	s->n++;
	return 0;
}

/* 0 with @buf filled, or -errno. */
static ssize_t read_value(const char *path, uint8_t *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read(fd, buf, size);
	if (n < 0)
		n = -errno;
	close(fd);
	return n;
}

/* What cannot be read is not there; what cannot be written, nobody changes. */
static int add_file(struct state *s, const char *path, size_t source, bool written)
{
	uint8_t buf[VALUE_MAX];
	struct stat st;
	ssize_t n;

	if (is_left_out(path) || stat(path, &st) || !S_ISREG(st.st_mode) || !(st.st_mode & 0400) ||
	    (written && !(st.st_mode & 0200)))
		return 0;
	n = read_value(path, buf, sizeof(buf));
	return n < 0 ? 0 : add(s, path, buf, (size_t)n, source);
}

static int add_tree(struct state *s, const char *path, size_t source)
{
	DIR *d = opendir(path);
	struct dirent *entry;
	int err = 0;

	while (!err && d && (entry = readdir(d))) {
		char *child;

		if (entry->d_name[0] == '.')
			continue;
		if (asprintf(&child, "%s/%s", path, entry->d_name) < 0) {
			err = -ENOMEM;
			break;
		}
		if (entry->d_type == DT_DIR && !is_left_out(child))
			err = add_tree(s, child, source);
		else if (entry->d_type == DT_REG)
			err = add_file(s, child, source, true);
		free(child);
	}
	if (d)
		closedir(d);
	return err;
}

static int add_named(struct state *s, const char *path, const char *word, const void *value,
		     size_t len, size_t source)
{
	char *name;
	int err;

	if (asprintf(&name, "%s#%s", path, word) < 0)
		return -ENOMEM;
	err = add(s, name, value, len, source);
	free(name);
	return err;
}

static int add_stat(struct state *s, const char *path, size_t source)
{
	struct stat st;
	char value[64];

	if (is_left_out(path) || lstat(path, &st) || !S_ISREG(st.st_mode))
		return 0;
	snprintf(value, sizeof(value), "%lld bytes, of %lld.%09ld", (long long)st.st_size,
		 (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
	return add_named(s, path, "file", value, strlen(value), source);
}

static int add_path(struct state *s, const char *path, size_t source)
{
	char link[PATH_MAX];
	uint8_t config[CONFIG_STATE];
	ssize_t n;

	switch (sources[source].how) {
	case FILES:
		return add_file(s, path, source, true);
	case WHOLE:
		return add_file(s, path, source, false);
	case TREE:
		return add_tree(s, path, source);
	case NAMES:
		return access(path, F_OK) ? 0 : add_named(s, path, "there", "", 0, source);
	case LINK:
		n = readlink(path, link, sizeof(link));
		return n < 0 ? 0 : add_named(s, path, "link", link, (size_t)n, source);
	case CONFIG:
		n = config_take(path, config);
		return n < 0 ? 0 : add_named(s, path, "config", config, (size_t)n, source);
	case STATS:
		return add_stat(s, path, source);
	}
	return 0;
}

/* Every path that @rest, a pattern, names below @base. */
static int expand(struct state *s, const char *base, const char *rest, size_t source)
{
	size_t len = strcspn(++rest, "/");
	bool all = len == 1 && *rest == '*';
	DIR *d = all ? opendir(*base ? base : "/") : NULL;
	struct dirent *entry = NULL;
	int err = 0;

	do {
		char *path;

		if (all && (!d || !(entry = readdir(d))))
			break;
		if (all && entry->d_name[0] == '.')
			continue;
		if (asprintf(&path, "%s/%.*s", base, all ? NAME_MAX : (int)len,
			     all ? entry->d_name : rest) < 0) {
			err = -ENOMEM;
			break;
		}
		err = rest[len] ? expand(s, path, rest + len, source) : add_path(s, path, source);
		free(path);
	} while (all && !err);
	if (d)
		closedir(d);
	return err;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct state_item *)a)->name, ((const struct state_item *)b)->name);
}

int init_state_take(struct state *s)
{
	int err = 0;

	memset(s, 0, sizeof(*s));
	for (size_t i = 0; !err && i < N_SOURCES; i++)
		err = expand(s, "", sources[i].pattern, i);
	if (s->n)
		qsort(s->v, s->n, sizeof(*s->v), by_name);
	return err;
}

void init_state_free(struct state *s)
{
	for (size_t i = 0; i < s->n; i++) {
		free(s->v[i].name);
		free(s->v[i].value);
	}
	free(s->v);
	memset(s, 0, sizeof(*s));
}

static bool same(const struct state_item *a, const struct state_item *b)
{
	return a->len == b->len && !memcmp(a->value, b->value, a->len);
}

static int put_value(const struct state_item *i)
{
	int fd = open(i->name, O_WRONLY | O_CLOEXEC), err = 0;
	size_t len = i->len;

	if (fd < 0)
		return -errno;
	/* An empty sysctl or driver_override is written as an empty line. */
	if (write(fd, len ? (const char *)i->value : "\n", len ? len : 1) < 0)
		err = -errno;
	close(fd);
	return err;
}

/* The path in @name, without the word behind it. */
static void path_of(const struct state_item *i, char *path, size_t size)
{
	const char *hash = strrchr(i->name, '#');

	snprintf(path, size, "%.*s", (int)(hash ? (size_t)(hash - i->name) : strlen(i->name)),
		 i->name);
}

static int put_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), err = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		err = -errno;
	close(fd);
	return err;
}

/* @path: DEVICE/driver, which led to @was. */
static bool put_driver(const char *path, const struct state_item *was)
{
	const char *driver = strrchr((const char *)was->value, '/');
	char device[PATH_MAX], file[PATH_MAX + 32], link[PATH_MAX];
	const char *bdf;
	ssize_t n;

	snprintf(device, sizeof(device), "%.*s", (int)(strrchr(path, '/') - path), path);
	bdf = strrchr(device, '/');
	if (!driver || !bdf)
		return false;
	snprintf(file, sizeof(file), "%s/driver_override", device);
	put_text(file, driver + 1);
	snprintf(file, sizeof(file), "%s/driver/unbind", device);
	put_text(file, bdf + 1);
	put_text("/sys/bus/pci/drivers_probe", bdf + 1);
	n = readlink(path, link, sizeof(link));
	return n >= 0 && (size_t)n == was->len && !memcmp(link, was->value, was->len);
}

/* True when it is as it was. */
static bool put_item(const struct state_item *was)
{
	char path[PATH_MAX];
	uint8_t now[VALUE_MAX];
	ssize_t n;

	path_of(was, path, sizeof(path));
	switch (sources[was->source].how) {
	case FILES:
	case TREE:
		if (put_value(was))
			return false;
		n = read_value(path, now, sizeof(now));
		return n >= 0 && (size_t)n == was->len && !memcmp(now, was->value, was->len);
	case LINK:
		return put_driver(path, was);
	case CONFIG:
		return config_put(path, was->value, was->len);
	default:
		return false;
	}
}

/* One line of @i's value, whatever is in it. */
static void show(const struct state_item *i, char *buf, size_t size)
{
	size_t n = 0;

	if (sources[i->source].how == CONFIG) {
		config_show(i->value, i->len, buf, size);
		return;
	}
	while (n < i->len && n < size - 1 && i->value[n] != '\n') {
		buf[n] = i->value[n] < ' ' ? ' ' : (char)i->value[n];
		n++;
	}
	buf[n] = '\0';
}

/*
 * A device's line gets its interrupt when it is first asked for (arm64), and keeps it: that is no
 * change as long as it goes where every new one goes, as before the command.
 */
static bool new_interrupt(const struct state *before, const struct state_item *now)
{
	struct state_item like = *now, key = {.name = (char *)AFFINITY_DEFAULT};
	const struct state_item *usual;

	if (strncmp(now->name, "/proc/irq/", 10) || !before->n)
		return false;
	usual = bsearch(&key, before->v, before->n, sizeof(key), by_name);
	if (!usual)
		return false;
	like.value = usual->value;
	like.len = usual->len;
	return same(&like, now) || put_item(&like);
}

struct teller {
	void (*tell)(void *arg, const char *text, bool undone);
	void *arg;
	unsigned int kept;
};

static void changed(struct teller *t, const struct state_item *was, const struct state_item *now)
{
	char path[200], text[600], a[SHOW_MAX], b[SHOW_MAX];
	bool undone = was && (now || sources[was->source].how == LINK) && put_item(was);

	path_of(was ? was : now, path, sizeof(path));
	if (was)
		show(was, a, sizeof(a));
	if (now)
		show(now, b, sizeof(b));
	if (was && now)
		snprintf(text, sizeof(text), "the command left %s at '%s', it was '%s': %s", path,
			 b, a, undone ? "put back" : "that cannot be put back");
	else
		snprintf(text, sizeof(text), "the command %s %s: %s", was ? "removed" : "added",
			 path, undone ? "put back" : "that cannot be undone");
	t->kept += !undone;
	t->tell(t->arg, text, undone);
}

unsigned int init_state_restore(const struct state *before,
				void (*tell)(void *arg, const char *text, bool undone), void *arg)
{
	struct teller t = {tell, arg, 0};
	struct state now;
	size_t i = 0, j = 0;

	if (init_state_take(&now)) {
		tell(arg, "no memory to look at what the command left", false);
		init_state_free(&now);
		return 1;
	}
	while (i < before->n || j < now.n) {
		int order = i == before->n ? 1
			    : j == now.n   ? -1
					   : by_name(&before->v[i], &now.v[j]);

		if (order < 0)
			changed(&t, &before->v[i++], NULL);
		else if (order > 0 && new_interrupt(before, &now.v[j]))
			j++;
		else if (order > 0)
			changed(&t, NULL, &now.v[j++]);
		else if (!same(&before->v[i++], &now.v[j++]))
			changed(&t, &before->v[i - 1], &now.v[j - 1]);
	}
	init_state_free(&now);
	return t.kept;
}
