/* SPDX-License-Identifier: MIT */
#include "guest/modules.h"

#include <ctype.h>
#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "guest/proc.h"

#define DEPTH_MAX 24 /* of folders, and of modules that depend on modules */

static const char *const wanted[] = {
	"irqbypass",        "iommufd",       "vfio",     "vfio_virqfd",
	"vfio_iommu_type1", "vfio_pci_core", "vfio_pci",
};

static const struct {
	const char *suffix;
	const char *program;
	const char *package;
} formats[] = {
	{".ko", NULL, NULL},
	{".ko.xz", "xz", "xz-utils"},
	{".ko.zst", "zstd", "zstd"},
	{".ko.gz", "gzip", "gzip"},
};

#define N_FORMATS (sizeof(formats) / sizeof(formats[0]))

/* One module file on disk. */
struct found {
	char name[MODULE_NAME_MAX];
	char *path;
};

struct index {
	struct found *v;
	size_t n, cap;
};

static int format_of(const char *file)
{
	size_t len = strlen(file);

	for (size_t i = 0; i < N_FORMATS; i++) {
		size_t s = strlen(formats[i].suffix);

		if (len > s && !strcmp(file + len - s, formats[i].suffix))
			return (int)i;
	}
	return -1;
}

static void normalize(char *name)
{
	for (; *name; name++) {
		if (*name == '-')
			*name = '_';
	}
}

bool module_name(const char *file, char name[MODULE_NAME_MAX], const char **decompressor)
{
	int format = format_of(file);
	size_t len;

	if (format < 0)
		return false;
	len = strlen(file) - strlen(formats[format].suffix);
	if (len >= MODULE_NAME_MAX)
		return false;
	memcpy(name, file, len);
	name[len] = '\0';
	normalize(name);
	if (decompressor)
		*decompressor = formats[format].program;
	return true;
}

/* The length of the word at @p: to the next white space outside double quotes. */
static size_t word_len(const char *p)
{
	bool quoted = false;
	size_t n = 0;

	for (; p[n] && (quoted || !isspace((unsigned char)p[n])); n++)
		quoted ^= p[n] == '"';
	return n;
}

/* What follows "NAME." at the beginning of @word; NULL when it begins in another way. */
static const char *param_of(const char *word, const char *name)
{
	for (; *name; name++, word++) {
		if ((*word == '-' ? '_' : *word) != *name)
			return NULL;
	}
	return *word == '.' ? word + 1 : NULL;
}

const char *module_params(const char *cmdline, const char *name, char *buf, size_t size)
{
	size_t used = 0;

	buf[0] = '\0';
	for (const char *p = cmdline; *p;) {
		size_t len = word_len(p);
		const char *param = param_of(p, name);
		size_t n = param ? len - (size_t)(param - p) : 0;

		if (n && used + n + 2 <= size)
			used += (size_t)snprintf(buf + used, size - used, "%s%.*s", used ? " " : "",
						 (int)n, param);
		p += len;
		while (isspace((unsigned char)*p))
			p++;
	}
	return buf;
}

const char *module_depends(const struct bytes *elf)
{
	const Elf64_Ehdr *eh = (const void *)elf->data;
	const Elf64_Shdr *sh, *names;
	const char *strings;

	if (elf->len < sizeof(*eh) || memcmp(eh->e_ident, ELFMAG, SELFMAG) ||
	    eh->e_ident[EI_CLASS] != ELFCLASS64 || eh->e_shentsize != sizeof(*sh) ||
	    eh->e_shoff > elf->len || (elf->len - eh->e_shoff) / sizeof(*sh) < eh->e_shnum ||
	    eh->e_shstrndx >= eh->e_shnum || eh->e_shoff % _Alignof(Elf64_Shdr))
		return NULL;
	sh = (const void *)(elf->data + eh->e_shoff);
	names = &sh[eh->e_shstrndx];
	if (names->sh_offset > elf->len || names->sh_size > elf->len - names->sh_offset)
		return NULL;
	strings = (const char *)elf->data + names->sh_offset;
	for (unsigned int i = 0; i < eh->e_shnum; i++) {
		const char *p, *end;

		if (sh[i].sh_name >= names->sh_size || sh[i].sh_type == SHT_NOBITS ||
		    strncmp(strings + sh[i].sh_name, ".modinfo", names->sh_size - sh[i].sh_name) ||
		    sh[i].sh_offset > elf->len || sh[i].sh_size > elf->len - sh[i].sh_offset)
			continue;
		p = (const char *)elf->data + sh[i].sh_offset;
		end = p + sh[i].sh_size;
		while (p < end) {
			size_t len = strnlen(p, (size_t)(end - p));

			if (p + len == end)
				return NULL;
			if (!strncmp(p, "depends=", 8))
				return p + 8;
			p += len + 1;
		}
	}
	return NULL;
}

static void index_free(struct index *x)
{
	for (size_t i = 0; i < x->n; i++)
		free(x->v[i].path);
	free(x->v);
}

static int index_add(struct index *x, const char *name, const char *path)
{
	if (x->n == x->cap) {
		size_t cap = x->cap ? 2 * x->cap : 256;
		struct found *v = reallocarray(x->v, cap, sizeof(*v));

		if (!v)
			return -ENOMEM;
		x->v = v;
		x->cap = cap;
	}
	snprintf(x->v[x->n].name, MODULE_NAME_MAX, "%s", name);
	x->v[x->n].path = strdup(path);
	return x->v[x->n++].path ? 0 : -ENOMEM;
}

/* Symbolic links to folders (build, source) are not followed: they lead out of the tree. */
static int index_dir(struct index *x, const char *dir, int depth)
{
	struct dirent *de;
	DIR *d = opendir(dir);
	int err = 0;

	if (!d)
		return -errno;
	while (!err && (de = readdir(d))) {
		char path[PATH_MAX], name[MODULE_NAME_MAX];
		struct stat st;
		int n = snprintf(path, sizeof(path), "%s/%s", dir, de->d_name);

		if (de->d_name[0] == '.' || n < 0 || (size_t)n >= sizeof(path))
			continue;
		if (module_name(de->d_name, name, NULL))
			err = index_add(x, name, path);
		else if (depth < DEPTH_MAX && !lstat(path, &st) && S_ISDIR(st.st_mode))
			err = index_dir(x, path, depth + 1);
	}
	closedir(d);
	return err;
}

bool modules_have(const struct modules *m, const char *name)
{
	for (size_t i = 0; i < m->n; i++) {
		if (!strcmp(m->v[i].name, name))
			return true;
	}
	return false;
}

static int load_data(const char *path, int sigfd, struct bytes *data, struct errmsg *e)
{
	int format = format_of(path), err;
	struct proc_result r;

	if (!formats[format].program) {
		err = bytes_read_file(data, path);
		if (err)
			return errmsg_set(e, err, EXIT_ENVIRONMENT, "cannot read module %s: %s",
					  path, strerror(-err));
	} else {
		const char *argv[] = {formats[format].program, "-dc", path, NULL};

		err = proc_run(argv, formats[format].package, NULL, sigfd, &r, e);
		if (err)
			return err;
		*data = r.out;
		if (r.status)
			return errmsg_set(e, -EBADMSG, EXIT_ENVIRONMENT,
					  "cannot unpack module %s: %s", path,
					  r.why[0] ? r.why : "the file is damaged");
	}
	if (data->len < SELFMAG || memcmp(data->data, ELFMAG, SELFMAG))
		return errmsg_set(e, -ENOEXEC, EXIT_ENVIRONMENT, "%s is not a kernel module", path);
	return 0;
}

/* Add @name after everything that it depends on. */
static int visit(struct modules *m, const struct index *x, const char *name, int depth, int sigfd,
		 struct errmsg *e)
{
	const struct found *f = NULL;
	struct module mod = {0}, *v;
	const char *dep;
	int err;

	for (size_t i = 0; i < x->n && !f; i++) {
		if (!strcmp(x->v[i].name, name))
			f = &x->v[i];
	}
	if (!f || depth > DEPTH_MAX || modules_have(m, name))
		return 0;
	snprintf(mod.name, sizeof(mod.name), "%s", name);
	err = load_data(f->path, sigfd, &mod.data, e);
	dep = err ? NULL : module_depends(&mod.data);
	while (!err && dep && *dep) {
		size_t len = strcspn(dep, ",");
		char one[MODULE_NAME_MAX];

		snprintf(one, sizeof(one), "%.*s", (int)len, dep);
		normalize(one);
		err = visit(m, x, one, depth + 1, sigfd, e);
		dep += len + (dep[len] == ',');
	}
	v = err ? NULL : reallocarray(m->v, m->n + 1, sizeof(*v));
	if (!v) {
		bytes_free(&mod.data);
		return err ? err : errmsg_set(e, -ENOMEM, EXIT_ENVIRONMENT, "out of memory");
	}
	m->v = v;
	m->v[m->n++] = mod;
	return 0;
}

int modules_collect(struct modules *m, const char *dir, int sigfd, struct errmsg *e)
{
	struct index x = {0};
	int err;

	memset(m, 0, sizeof(*m));
	err = index_dir(&x, dir, 0);
	if (err)
		errmsg_set(e, err, EXIT_ENVIRONMENT, "cannot search %s for modules: %s", dir,
			   strerror(-err));
	for (size_t i = 0; !err && i < sizeof(wanted) / sizeof(wanted[0]); i++)
		err = visit(m, &x, wanted[i], 0, sigfd, e);
	if (err)
		modules_free(m);
	index_free(&x);
	return err;
}

void modules_free(struct modules *m)
{
	for (size_t i = 0; i < m->n; i++)
		bytes_free(&m->v[i].data);
	free(m->v);
	memset(m, 0, sizeof(*m));
}
