/* SPDX-License-Identifier: MIT */
#include "guest/crossing.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guest/fsutil.h"
#include "support/crossed.h"

/* Values that name a file behind a word: FORM:FILE. */
static const char *const file_forms[] = {"program:"};

static size_t form_len(const char *value)
{
	for (size_t i = 0; i < sizeof(file_forms) / sizeof(file_forms[0]); i++) {
		size_t len = strlen(file_forms[i]);

		if (!strncmp(value, file_forms[i], len) && value[len])
			return len;
	}
	return 0;
}

/* "/in/2.name": short, unique, and still telling. */
static char *guest_path(const char *folder, size_t i, const char *host)
{
	const char *slash = strrchr(host, '/');
	char *path;

	if (asprintf(&path, "/%s/%zu.%s", folder, i, slash ? slash + 1 : host) < 0)
		return NULL;
	return path;
}

/* Replace what follows the first @keep bytes of argument @slot by @path. */
static int rewrite(struct crossing *x, int slot, size_t keep, const char *path)
{
	char *word;

	if (asprintf(&word, "%.*s%s", (int)keep, x->argv[slot], path) < 0)
		return -ENOMEM;
	free(x->argv[slot]);
	x->argv[slot] = word;
	return 0;
}

/* Take over both strings. */
static int add_in(struct crossing *x, char *host, char *guest)
{
	struct guest_infile *in = reallocarray(x->in, x->n_in + 1, sizeof(*in));

	if (in) {
		x->in = in;
		in[x->n_in++] = (struct guest_infile){.host = host, .guest = guest};
		if (guest)
			return 0;
	} else {
		free(host);
		free(guest);
	}
	return -ENOMEM;
}

static int cross_in(struct crossing *x, int slot, size_t keep, const char *host, struct errmsg *e)
{
	char *own, *guest;
	struct stat st;

	if (access(host, R_OK) || stat(host, &st))
		return errmsg_set(e, -errno, EXIT_ENVIRONMENT, "cannot read %s: %s", host,
				  strerror(errno));
	if (!S_ISREG(st.st_mode))
		return errmsg_set(e, -EINVAL, EXIT_ENVIRONMENT,
				  "cannot take %s into the guest: not a regular file", host);
	own = strdup(host);
	guest = guest_path("in", x->n_in, host);
	if (add_in(x, own, guest) || !own || rewrite(x, slot, keep, guest))
		return errmsg_no_memory(e);
	return 0;
}

static int cross_out(struct crossing *x, int slot, size_t keep, const char *host, struct errmsg *e)
{
	struct guest_outfile *f = &x->out[x->n_out];
	int err;

	for (size_t i = 0; i < x->n_out; i++) {
		if (!strcmp(x->out[i].host, host))
			return errmsg_set(e, -EINVAL, EXIT_USAGE, "%s is given for two outputs",
					  host);
	}
	f->host = strdup(host);
	f->guest = guest_path("out", x->n_out, host);
	x->n_out++;
	if (!f->host || !f->guest)
		return errmsg_no_memory(e);
	err = outfile_open(&f->file, f->host, e);
	if (!err && rewrite(x, slot, keep, f->guest))
		err = errmsg_no_memory(e);
	return err;
}

static bool is_file(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISREG(st.st_mode) && !access(path, R_OK);
}

static int is_visible(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

static int add_file(struct crossing *x, const char *folder, const char *guest, const char *name)
{
	char *from = NULL, *to = NULL;
	int err = 0;

	if (asprintf(&from, "%s/%s", folder, name) < 0)
		return -ENOMEM;
	if (!is_file(from)) {
		free(from);
		return 0;
	}
	if (asprintf(&to, "%s/%s", guest, name) < 0) {
		to = NULL;
		err = -ENOMEM;
	}
	return add_in(x, from, to) ? -ENOMEM : err;
}

/* The files of @host, and of the folders in it, cross into @guest. */
static int cross_files(struct crossing *x, const char *host, const char *guest, bool deeper,
		       struct errmsg *e)
{
	struct dirent **names;
	int n = scandir(host, &names, is_visible, alphasort);
	int err = n < 0 ? errmsg_set(e, -errno, EXIT_ENVIRONMENT, "cannot read %s: %s", host,
				     strerror(errno))
			: 0;

	if (!err && add_in(x, NULL, strdup(guest)))
		err = errmsg_no_memory(e);
	for (int i = 0; i < n; i++) {
		char *from = NULL, *to = NULL;

		if (!err && add_file(x, host, guest, names[i]->d_name))
			err = errmsg_no_memory(e);
		if (!err && deeper && asprintf(&from, "%s/%s", host, names[i]->d_name) >= 0 &&
		    asprintf(&to, "%s/%s", guest, names[i]->d_name) >= 0 && fs_is_folder(from))
			err = cross_files(x, from, to, false, e);
		free(from);
		free(to);
		free(names[i]);
	}
	if (n >= 0)
		free(names);
	return err;
}

/* What is there crosses, and what is there afterwards comes back. */
static int cross_out_folder(struct crossing *x, int slot, size_t keep, const char *host,
			    struct errmsg *e)
{
	struct guest_outfile *f = &x->out[x->n_out];

	f->folder = true;
	f->host = strdup(host);
	/* not in /out, where init mounts a file system of its own over what the initramfs has */
	f->guest = guest_path("in", x->n_in, host);
	x->n_out++;
	if (!f->host || !f->guest)
		return errmsg_no_memory(e);
	if (mkdir(host, 0777) && errno != EEXIST)
		return errmsg_set(e, -errno, EXIT_ENVIRONMENT, "cannot make the folder %s: %s",
				  host, strerror(errno));
	if (access(host, W_OK | X_OK))
		return errmsg_set(e, -errno, EXIT_ENVIRONMENT,
				  "cannot write into the folder %s: %s", host, strerror(errno));
	if (rewrite(x, slot, keep, f->guest))
		return errmsg_no_memory(e);
	return cross_files(x, host, f->guest, true, e);
}

static int cross_option(struct crossing *x, const struct opt *o, int slot, size_t prefix,
			struct errmsg *e)
{
	char *value = strdup(x->argv[slot] + prefix);
	size_t form;
	int err = 0;

	if (!value)
		return errmsg_no_memory(e);
	form = o->type == OPT_OUTFILE || o->type == OPT_OUTDIR ? 0 : form_len(value);
	if (o->type == OPT_OUTDIR && *value)
		err = cross_out_folder(x, slot, prefix, value, e);
	else if (o->type == OPT_OUTFILE && strcmp(value, "-") && *value)
		err = cross_out(x, slot, prefix, value, e);
	else if (form || (o->type == OPT_INFILE && strcmp(value, "-") && *value))
		err = cross_in(x, slot, prefix + form, value + form, e);
	free(value);
	return err;
}

/* @cmd NULL: a program of the user's own, whose options are unknown; its words may name files. */
static int cross_all(struct crossing *x, const struct command *cmd, struct errmsg *e)
{
	const struct opt *o;
	size_t prefix;
	int i = 1, slot, err = 0;

	while (cmd && !err && (o = opt_next(cmd, x->argc, x->argv, &i, &slot, &prefix)))
		err = cross_option(x, o, slot, prefix, e);
	for (; !err && i < x->argc; i++) {
		char *word = is_file(x->argv[i]) ? strdup(x->argv[i]) : NULL;

		if (word)
			err = cross_in(x, i, 0, word, e);
		free(word);
	}
	return err;
}

/* Append @word, which is taken over, to the command line. */
static int add_word(struct crossing *x, char *word)
{
	char **argv = reallocarray(x->argv, (size_t)x->argc + 2, sizeof(*argv));

	if (!argv || !word) {
		free(word);
		x->argv = argv ? argv : x->argv;
		return -ENOMEM;
	}
	argv[x->argc++] = word;
	argv[x->argc] = NULL;
	x->argv = argv;
	return 0;
}

static int is_program(const struct dirent *d)
{
	size_t len = strlen(d->d_name);

	return len > 4 && d->d_name[0] != '.' && !strcmp(d->d_name + len - 4, ".irq");
}

/* The programs of a folder take its place, in the order of their names. */
static int add_folder(struct crossing *x, const char *folder, struct errmsg *e)
{
	size_t len = strlen(folder);
	struct dirent **names;
	int n = scandir(folder, &names, is_program, alphasort), err = 0;

	if (n < 0)
		return errmsg_set(e, -errno, EXIT_ENVIRONMENT, "cannot read %s: %s", folder,
				  strerror(errno));
	for (int i = 0; i < n; i++) {
		char *path = NULL;

		if (!err && asprintf(&path, "%s%s%s", folder, folder[len - 1] == '/' ? "" : "/",
				     names[i]->d_name) < 0)
			path = NULL;
		if (!err)
			err = add_word(x, path);
		free(names[i]);
	}
	free(names);
	if (err)
		return errmsg_no_memory(e);
	if (!n)
		return errmsg_set(e, -ENOENT, EXIT_ENVIRONMENT, "%s has no *.irq files", folder);
	return 0;
}

/* Copy the command line, folders among the words of an own subcommand unfolded. */
static int copy_words(struct crossing *x, const struct command *cmd, int argc, char **argv,
		      struct errmsg *e)
{
	int words = 1, slot, err = 0;
	size_t prefix;

	while (cmd && opt_next(cmd, argc, argv, &words, &slot, &prefix))
		;
	for (int i = 0; !err && i < argc; i++) {
		if (cmd && i >= words && fs_is_folder(argv[i]))
			err = add_folder(x, argv[i], e);
		else if (add_word(x, strdup(argv[i])))
			err = errmsg_no_memory(e);
	}
	return err;
}

int crossing_init(struct crossing *x, const struct command *cmd, int argc, char **argv,
		  struct errmsg *e)
{
	int err;

	memset(x, 0, sizeof(*x));
	err = copy_words(x, cmd, argc, argv, e);
	if (err)
		return err;
	x->in = calloc((size_t)x->argc + 1, sizeof(*x->in));
	x->out = calloc((size_t)x->argc + 1, sizeof(*x->out));
	if (!x->in || !x->out)
		return errmsg_no_memory(e);
	return cross_all(x, cmd, e);
}

static int cross_folder(struct crossing *x, int slot, struct errmsg *e)
{
	char *folder = x->argv[slot], *guest = NULL;
	struct dirent **names;
	int n = scandir(folder, &names, is_visible, alphasort), err;

	if (n < 0)
		return errmsg_set(e, -errno, EXIT_ENVIRONMENT, "cannot read %s: %s", folder,
				  strerror(errno));
	if (asprintf(&guest, "/in/%zu.folder", x->n_in) < 0)
		guest = NULL;
	err = guest ? add_in(x, NULL, strdup(guest)) : -ENOMEM;
	for (int i = 0; i < n; i++) {
		if (!err)
			err = add_file(x, folder, guest, names[i]->d_name);
		free(names[i]);
	}
	free(names);
	if (!err)
		err = rewrite(x, slot, 0, guest);
	free(guest);
	return err ? errmsg_no_memory(e) : 0;
}

int crossing_folders(struct crossing *x, struct errmsg *e)
{
	int err = 0;

	for (int i = 1; !err && i < x->argc; i++) {
		if (fs_is_folder(x->argv[i]))
			err = cross_folder(x, i, e);
	}
	return err;
}

int crossing_out_folder(struct crossing *x, const char *host, const char **inside, struct errmsg *e)
{
	struct guest_outfile *f = &x->out[x->n_out]; /* there is room for one more than words */

	f->folder = true;
	f->host = strdup(host);
	f->guest = guest_path("in", x->n_in, host);
	x->n_out++;
	if (!f->host || !f->guest || add_in(x, NULL, strdup(f->guest)))
		return errmsg_no_memory(e);
	*inside = f->guest;
	return 0;
}

static void tell(FILE *f, const char *guest, const char *host)
{
	if (crossed_can_tell(guest, host) &&
	    (size_t)ftell(f) + strlen(guest) + strlen(host) + 2 <= CROSSED_MAX)
		fprintf(f, "%s\t%s\n", guest, host);
}

/* Of a folder that comes back: its own name is enough. */
static bool is_below_out(const struct crossing *x, const char *guest)
{
	for (size_t i = 0; i < x->n_out; i++) {
		size_t len = strlen(x->out[i].guest);

		if (!strncmp(guest, x->out[i].guest, len) && guest[len] == '/')
			return true;
	}
	return false;
}

int crossing_tell(const struct crossing *x)
{
	char *names = NULL;
	size_t size;
	FILE *f = open_memstream(&names, &size);
	int err;

	if (!f)
		return -errno;
	for (size_t i = 0; i < x->n_out; i++)
		tell(f, x->out[i].guest, x->out[i].host);
	for (size_t i = 0; i < x->n_in; i++) {
		if (x->in[i].host && !is_below_out(x, x->in[i].guest))
			tell(f, x->in[i].guest, x->in[i].host);
	}
	err = fclose(f) || setenv(CROSSED_VARIABLE, names, 1) ? -errno : 0;
	free(names);
	return err;
}

void crossing_free(struct crossing *x)
{
	for (int i = 0; x->argv && i < x->argc; i++)
		free(x->argv[i]);
	for (size_t i = 0; i < x->n_in; i++) {
		free((void *)(uintptr_t)x->in[i].host);
		free((void *)(uintptr_t)x->in[i].guest);
	}
	for (size_t i = 0; i < x->n_out; i++) {
		outfile_abort(&x->out[i].file);
		free(x->out[i].path);
		free((void *)(uintptr_t)x->out[i].host);
		free((void *)(uintptr_t)x->out[i].guest);
	}
	free(x->argv);
	free(x->in);
	free(x->out);
}
