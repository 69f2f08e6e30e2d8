/* SPDX-License-Identifier: MIT */
#include "guest/apt_sources.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guest/fsutil.h"
#include "guest/proc.h"

#define PACKAGE "apt (or give --kernel PATH)"

/* Debian's releases: those whose kernels are looked for, and those that a host may be. */
static const struct {
	const char *name;
	bool wanted, backports;
} releases[] = {
	{"bookworm", true, true},    {"trixie", true, true},    {"sid", true, false},
	{"forky", false, false},     {"duke", false, false},    {"bullseye", false, false},
	{"stable", false, false},    {"testing", false, false}, {"unstable", false, false},
	{"oldstable", false, false},
};

#define N_RELEASES (sizeof(releases) / sizeof(releases[0]))

/* The archive's keys, under the names that the keyring's package has had. */
static const char *const keyrings[] = {
	"/usr/share/keyrings/debian-archive-keyring.gpg",
	"/usr/share/keyrings/debian-archive-keyring.pgp",
};

#define N_KEYRINGS (sizeof(keyrings) / sizeof(keyrings[0]))

/* A repository of the host's. */
struct repo {
	char uri[384], suite[64], component[32];
};

/* The next of @text that apt can fetch from without being asked to change a disc. */
static bool next_repo(const char **text, struct repo *r)
{
	while (**text) {
		size_t len = strcspn(*text, "\n");
		char line[512];

		snprintf(line, sizeof(line), "%.*s", (int)(len < sizeof(line) ? len : 0), *text);
		*text += len + ((*text)[len] == '\n');
		if (sscanf(line, "%383s %63s %31s", r->uri, r->suite, r->component) == 3 &&
		    strncmp(r->uri, "cdrom:", 6) != 0 && !strcmp(r->component, "main"))
			return true;
	}
	return false;
}

/* What comes behind the release's name in @suite ("" or "-security"); NULL when it is not Debian's.
 */
static const char *suite_tail(const char *suite)
{
	for (size_t i = 0; i < N_RELEASES; i++) {
		size_t len = strlen(releases[i].name);

		if (!strncmp(suite, releases[i].name, len) && (!suite[len] || suite[len] == '-'))
			return suite + len;
	}
	return NULL;
}

static bool find_repo(const char *host, const char *tail, struct repo *r)
{
	while (next_repo(&host, r)) {
		const char *t = suite_tail(r->suite);

		if (t && !strcmp(t, tail))
			return true;
	}
	return false;
}

/* Add a line, if it is not there yet. */
static int put(struct bytes *lines, const char *options, const char *uri, const char *suite,
	       const char *tail)
{
	char line[1024];
	size_t slashes = strlen(uri);
	int n;

	while (slashes && uri[slashes - 1] == '/')
		slashes--;
	n = snprintf(line, sizeof(line), "deb [%s] %.*s %s%s main\n", options, (int)slashes, uri,
		     suite, tail);
	if (n < 0 || (size_t)n >= sizeof(line))
		return -ENAMETOOLONG;
	if (lines->len && memmem(lines->data, lines->len, line, (size_t)n))
		return 0;
	return bytes_append(lines, line, (size_t)n);
}

/* Every release that is wanted, from @uri. */
static int put_releases(struct bytes *lines, const char *options, const char *uri,
			const char *security)
{
	int err = 0;

	for (size_t i = 0; !err && i < N_RELEASES; i++) {
		if (!releases[i].wanted)
			continue;
		err = put(lines, options, uri, releases[i].name, "");
		if (!err && releases[i].backports)
			err = put(lines, options, uri, releases[i].name, "-backports");
		if (!err && releases[i].backports && security)
			err = put(lines, options, security, releases[i].name, "-security");
	}
	return err;
}

int apt_sources_lines(const char *host, const char *mirror, const char *options,
		      struct bytes *lines)
{
	struct repo main, security, r;
	int err;

	if (mirror)
		return put_releases(lines, options, mirror, NULL);
	if (!find_repo(host, "", &main))
		return -ENOENT;
	err = put_releases(lines, options, main.uri,
			   find_repo(host, "-security", &security) ? security.uri : NULL);
	/* A host of a release that this table does not want yet still knows its own kernels. */
	while (!err && next_repo(&host, &r)) {
		if (suite_tail(r.suite))
			err = put(lines, options, r.uri, r.suite, "");
	}
	return err;
}

static int replace_file(const char *path, const struct bytes *text, struct errmsg *e)
{
	char tmp[PATH_MAX + 8];
	int err;

	snprintf(tmp, sizeof(tmp), "%s.new", path);
	unlink(tmp);
	err = fs_write_file(tmp, text->data, text->len);
	/* A proxy's address may have a password in it. */
	if (!err && (chmod(tmp, 0600) || rename(tmp, path)))
		err = -errno;
	if (!err)
		return 0;
	unlink(tmp);
	return errmsg_set(e, err, EXIT_ENVIRONMENT, "cannot write %s: %s; set XDG_CACHE_HOME", path,
			  strerror(-err));
}

static int append(struct bytes *b, const char *text)
{
	return bytes_append(b, text, strlen(text));
}

/* How the host's apt downloads is how ours does; what it downloads is ours to say. */
static int host_settings(struct bytes *conf, int sigfd, struct errmsg *e)
{
	static const char *const ours[] = {"Acquire::IndexTargets", "Acquire::Languages",
					   "Acquire::PDiffs", "Acquire::GzipIndexes"};
	const char *argv[] = {"apt-config", "dump", NULL};
	struct proc_result r;
	char *rest, *line;
	int err = proc_run(argv, PACKAGE, NULL, sigfd, &r, e);

	if (err)
		return err;
	err = bytes_append(&r.out, "", 1);
	rest = err ? NULL : (char *)r.out.data;
	while (!err && (line = strsep(&rest, "\n"))) {
		bool take = !strncmp(line, "Acquire::", 9);

		for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
			take &= strncmp(line, ours[i], strlen(ours[i])) != 0;
		if (take)
			err = append(conf, line);
		if (take && !err)
			err = append(conf, "\n");
	}
	bytes_free(&r.out);
	return err == -ENOMEM ? errmsg_set(e, err, EXIT_ENVIRONMENT, "out of memory") : err;
}

static int write_conf(const char *dir, const char *arch, const char *list, int sigfd,
		      struct errmsg *e)
{
	struct bytes conf = {0};
	char path[PATH_MAX], *text = NULL;
	int err, n;

	/* Of the host's folders of settings none is read: they have hooks that clean its cache. */
	n = asprintf(&text,
		     "Dir::Etc::parts \"%s/none\";\n"
		     "Dir::Etc::main \"/dev/null\";\n"
		     "Dir::Etc::sourcelist \"%s\";\n"
		     "Dir::Etc::sourceparts \"%s/none\";\n"
		     "Dir::Etc::preferences \"/dev/null\";\n"
		     "Dir::Etc::preferencesparts \"%s/none\";\n"
		     "Dir::State \"%s\";\n"
		     "Dir::State::lists \"%s/lists\";\n"
		     "Dir::State::status \"%s/status\";\n"
		     "Dir::Cache \"%s/cache\";\n"
		     "Dir::Log \"%s/log\";\n"
		     "APT::Architecture \"%s\";\n"
		     "APT::Architectures { \"%s\"; };\n"
		     "APT::Sandbox::User \"root\";\n" /* who owns the cache fetches into it */
		     "Acquire::Languages \"none\";\n"
		     "Acquire::PDiffs \"false\";\n"
		     "Acquire::GzipIndexes \"true\";\n",
		     dir, list, dir, dir, dir, dir, dir, dir, dir, arch, arch);
	if (n < 0)
		return errmsg_set(e, -ENOMEM, EXIT_ENVIRONMENT, "out of memory");
	err = append(&conf, text);
	free(text);
	if (!err)
		err = host_settings(&conf, sigfd, e);
	snprintf(path, sizeof(path), "%s/apt.conf", dir);
	if (!err)
		err = replace_file(path, &conf, e);
	bytes_free(&conf);
	return err;
}

static int write_list(const char *path, int sigfd, struct errmsg *e)
{
	const char *argv[] = {"apt-get",
			      "indextargets",
			      "--format",
			      "$(REPO_URI) $(RELEASE) $(COMPONENT)",
			      "Created-By: Packages",
			      NULL};
	const char *mirror = getenv("IRQSTORM_MIRROR"), *keyring = NULL;
	struct proc_result r = {0};
	struct bytes lines = {0};
	char options[128];
	int err = 0;

	for (size_t i = 0; i < N_KEYRINGS && !keyring; i++)
		keyring = access(keyrings[i], R_OK) ? NULL : keyrings[i];
	if (!keyring)
		return errmsg_set(e, -ENOENT, EXIT_ENVIRONMENT,
				  "no keys of Debian's archive (%s): apt-get install "
				  "debian-archive-keyring",
				  keyrings[0]);
	snprintf(options, sizeof(options), "signed-by=%s", keyring);
	if (mirror && strpbrk(mirror, " \t\n[]"))
		return errmsg_set(e, -EINVAL, EXIT_USAGE, "IRQSTORM_MIRROR=%s: want one URI",
				  mirror);
	if (!mirror)
		err = proc_run(argv, PACKAGE, NULL, sigfd, &r, e);
	if (!err)
		err = bytes_append(&r.out, "", 1);
	if (!err)
		err = apt_sources_lines((const char *)r.out.data, mirror, options, &lines);
	if (err == -ENOENT && !lines.len && !mirror && r.out.data)
		errmsg_set(e, err, EXIT_ENVIRONMENT,
			   "the sources of this host's apt name no mirror of Debian: set "
			   "IRQSTORM_MIRROR=URI");
	if (!err)
		err = replace_file(path, &lines, e);
	bytes_free(&r.out);
	bytes_free(&lines);
	return err;
}

int apt_sources_write(const char *dir, const char *arch, int sigfd, struct errmsg *e)
{
	static const char *const folders[] = {"none", "lists/partial", "cache/archives/partial",
					      "log"};
	const char *own = getenv("IRQSTORM_APT_SOURCES");
	char path[PATH_MAX], list[PATH_MAX];
	int err = 0;

	for (size_t i = 0; !err && i < sizeof(folders) / sizeof(folders[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, folders[i]);
		err = fs_mkdirs(path);
	}
	snprintf(path, sizeof(path), "%s/status", dir);
	if (!err && access(path, F_OK))
		err = fs_write_file(path, "", 0);
	if (err)
		return errmsg_set(e, err, EXIT_ENVIRONMENT,
				  "cannot write to the kernel cache: %s: %s; set XDG_CACHE_HOME",
				  path, strerror(-err));
	if (own && (!realpath(own, list) || access(list, R_OK)))
		return errmsg_set(e, -errno, EXIT_ENVIRONMENT,
				  "IRQSTORM_APT_SOURCES=%s: cannot read it: %s", own,
				  strerror(errno));
	if (!own) {
		snprintf(list, sizeof(list), "%s/sources.list", dir);
		err = write_list(list, sigfd, e);
	}
	return err ? err : write_conf(dir, arch, list, sigfd, e);
}
