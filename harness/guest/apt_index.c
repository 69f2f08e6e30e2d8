/* SPDX-License-Identifier: MIT */
#include "guest/apt_index.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IMAGE "linux-image-"

#define SOURCE "linux-source-"

/* What holds parts of a kernel. linux-base-V has its configuration alone: no guest needs it. */
static const char *const prefixes[] = {IMAGE, "linux-binary-", "linux-modules-", SOURCE};

#define N_PREFIXES (sizeof(prefixes) / sizeof(prefixes[0]))

/* The rest of @name behind one of the prefixes, where that is a release; NULL for other packages.
 */
static const char *release_of(const char *name)
{
	for (size_t i = 0; i < N_PREFIXES; i++) {
		size_t len = strlen(prefixes[i]);

		if (!strncmp(name, prefixes[i], len) && isdigit((unsigned char)name[len]))
			return name + len;
	}
	return NULL;
}

bool apt_release_series(const char *release, char series[APT_SERIES_MAX])
{
	size_t major = strspn(release, "0123456789"), minor;

	if (!major || release[major] != '.')
		return false;
	minor = strspn(release + major + 1, "0123456789");
	if (!minor || major + 1 + minor >= APT_SERIES_MAX)
		return false;
	memcpy(series, release, major + 1 + minor);
	series[major + 1 + minor] = '\0';
	return true;
}

/* Take @tail off the first *@len bytes of @text. */
static bool strip(const char *text, size_t *len, const char *tail)
{
	size_t n = strlen(tail);

	if (*len <= n || memcmp(text + *len - n, tail, n) != 0)
		return false;
	*len -= n;
	return true;
}

bool apt_image_name(const char *name, const char *arch, char series[APT_SERIES_MAX], bool *rt)
{
	const char *release = strncmp(name, IMAGE, strlen(IMAGE)) ? NULL : name + strlen(IMAGE);
	char tail[16], rest[APT_NAME_MAX];
	const char *last;
	size_t len;

	if (!release || strlen(release) >= sizeof(rest) || !apt_release_series(release, series))
		return false;
	len = strlen(release);
	snprintf(tail, sizeof(tail), "-%s", arch);
	if (!strip(release, &len, tail))
		return false;
	*rt = strip(release, &len, "-rt");
	memcpy(rest, release, len);
	rest[len] = '\0';
	/* "6.1.0-57" and "6.12.117+deb13"; a word behind a dash is another flavour. */
	last = strrchr(rest, '-');
	if (last && !isdigit((unsigned char)last[1]))
		return false;
	/* linux-image-6.12-amd64 is a name for the newest of its release, and holds nothing. */
	return rest[strlen(series)] == '.';
}

/* The value of field @key in the stanza [@p, @end), cut to what fits. False when it has none. */
static bool field(const char *p, const char *end, const char *key, char *value, size_t size)
{
	size_t key_len = strlen(key);

	while (p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		size_t len = (size_t)((nl ? nl : end) - p);

		if (len > key_len + 1 && !memcmp(p, key, key_len) && p[key_len] == ':') {
			p += key_len + 1;
			len -= key_len + 1;
			for (; len && isblank((unsigned char)*p); len--)
				p++;
			while (len && isspace((unsigned char)p[len - 1]))
				len--;
			snprintf(value, size, "%.*s", (int)(len < size ? len : size - 1), p);
			if (len >= size && strrchr(value, ','))
				*strrchr(value, ',') = '\0';
			return *value != '\0';
		}
		p += len + 1;
	}
	return false;
}

/* Names and versions become names of files, and words of command lines. */
static bool plain(const char *word)
{
	for (const char *p = word; *p; p++) {
		if (!isalnum((unsigned char)*p) && !strchr(".+-~", *p))
			return false;
	}
	return isalnum((unsigned char)word[0]);
}

static bool plain_uri(const char *uri)
{
	for (const char *p = uri; *p; p++) {
		if (!isgraph((unsigned char)*p))
			return false;
	}
	return isalpha((unsigned char)uri[0]) && strchr(uri, ':');
}

static bool read_stanza(const char *p, const char *end, const char *repo, struct apt_package *pkg)
{
	char size[24], filename[384];

	memset(pkg, 0, sizeof(*pkg));
	if (!field(p, end, "Package", pkg->name, sizeof(pkg->name)) || !release_of(pkg->name) ||
	    !field(p, end, "Version", pkg->version, sizeof(pkg->version)) ||
	    !field(p, end, "SHA256", pkg->sha256, sizeof(pkg->sha256)) ||
	    !field(p, end, "Size", size, sizeof(size)))
		return false;
	pkg->size = strtoull(size, NULL, 10);
	field(p, end, "Depends", pkg->depends, sizeof(pkg->depends));
	if (!repo) {
		if (!field(p, end, "URI", pkg->uri, sizeof(pkg->uri)))
			return false;
	} else {
		int n;

		if (!field(p, end, "Filename", filename, sizeof(filename)))
			return false;
		n = snprintf(pkg->uri, sizeof(pkg->uri), "%s%s%s", repo,
			     repo[strlen(repo) - 1] == '/' ? "" : "/", filename);
		if (n < 0 || (size_t)n >= sizeof(pkg->uri))
			return false;
	}
	return pkg->size && plain(pkg->name) && plain(pkg->version) && plain_uri(pkg->uri) &&
	       strspn(pkg->sha256, "0123456789abcdef") == 64;
}

static int add(struct apt_index *x, const struct apt_package *pkg)
{
	/* A release and its updates both list what is current. */
	for (size_t i = 0; i < x->n; i++) {
		if (!strcmp(x->v[i].name, pkg->name) && !strcmp(x->v[i].version, pkg->version))
			return 0;
	}
	if (x->n == x->cap) {
		size_t cap = x->cap ? 2 * x->cap : 64;
		struct apt_package *v = reallocarray(x->v, cap, sizeof(*v));

		if (!v)
			return -ENOMEM;
		x->v = v;
		x->cap = cap;
	}
	x->v[x->n++] = *pkg;
	return 0;
}

int apt_index_parse(struct apt_index *x, const struct bytes *text, const char *repo)
{
	const char *p = (const char *)text->data, *end = p + text->len;
	int err = 0;

	while (!err && p < end) {
		const char *stop = memmem(p, (size_t)(end - p), "\n\n", 2);
		struct apt_package pkg;

		if (!stop)
			stop = end;
		while (p < stop && *p == '\n')
			p++;
		/* Lists have 70,000 packages: most are told apart by their first line. */
		if ((size_t)(stop - p) > 15 && !memcmp(p, "Package: linux-", 15) &&
		    read_stanza(p, stop, repo, &pkg))
			err = add(x, &pkg);
		p = stop + 1;
	}
	return err;
}

int apt_index_print(const struct apt_index *x, struct bytes *text)
{
	char stanza[2048];
	int err = 0;

	for (size_t i = 0; !err && i < x->n; i++) {
		const struct apt_package *p = &x->v[i];
		int n = snprintf(stanza, sizeof(stanza),
				 "Package: %s\nVersion: %s\n%s%s%sSize: %" PRIu64
				 "\nSHA256: %s\nURI: %s\n\n",
				 p->name, p->version, p->depends[0] ? "Depends: " : "", p->depends,
				 p->depends[0] ? "\n" : "", p->size, p->sha256, p->uri);

		err = bytes_append(text, stanza, (size_t)n);
	}
	return err;
}

void apt_index_free(struct apt_index *x)
{
	free(x->v);
	memset(x, 0, sizeof(*x));
}

/* What a character weighs: '~' before the end of a part, that before letters, all else behind. */
static int weight(char c)
{
	if (c == '~')
		return -1;
	if (!c || isdigit((unsigned char)c))
		return 0;
	return isalpha((unsigned char)c) ? (unsigned char)c : 256 + (unsigned char)c;
}

static int number_cmp(const char **a, const char **b)
{
	size_t na, nb;
	int diff;

	*a += strspn(*a, "0");
	*b += strspn(*b, "0");
	na = strspn(*a, "0123456789");
	nb = strspn(*b, "0123456789");
	diff = na != nb ? (na < nb ? -1 : 1) : memcmp(*a, *b, na);
	*a += na;
	*b += nb;
	return diff;
}

int apt_version_cmp(const char *a, const char *b)
{
	while (*a || *b) {
		int diff = weight(*a) - weight(*b);

		if (diff)
			return diff;
		if (weight(*a)) {
			a++;
			b++;
			continue;
		}
		diff = number_cmp(&a, &b);
		if (diff)
			return diff;
	}
	return 0;
}

static bool fits(const struct apt_package *p, const struct debian_want *want,
		 char series[APT_SERIES_MAX])
{
	bool rt;

	return apt_image_name(p->name, want->arch, series, &rt) && rt == want->rt;
}

const struct apt_package *apt_index_newest(const struct apt_index *x,
					   const struct debian_want *want)
{
	bool any = !strcmp(want->series, "newest");
	const struct apt_package *best = NULL;

	for (size_t i = 0; i < x->n; i++) {
		char series[APT_SERIES_MAX];

		if (fits(&x->v[i], want, series) && (any || !strcmp(series, want->series)) &&
		    (!best || apt_version_cmp(x->v[i].version, best->version) > 0))
			best = &x->v[i];
	}
	return best;
}

static const struct apt_package *find(const struct apt_index *x, const char *name,
				      const char *version)
{
	for (size_t i = 0; i < x->n; i++) {
		if (!strcmp(x->v[i].name, name) && !strcmp(x->v[i].version, version))
			return &x->v[i];
	}
	return NULL;
}

int apt_index_parts(const struct apt_index *x, const struct apt_package *image,
		    const struct apt_package *parts[APT_PARTS_MAX], char missing[APT_NAME_MAX])
{
	int n = 0;

	parts[n++] = image;
	for (const char *p = image->depends; *p;) {
		size_t len = strcspn(p, " ,(|");
		char name[APT_NAME_MAX];

		snprintf(name, sizeof(name), "%.*s", (int)(len < sizeof(name) ? len : 0), p);
		if (release_of(name) && n < APT_PARTS_MAX) {
			parts[n] = find(x, name, image->version);
			if (!parts[n++]) {
				memcpy(missing, name, sizeof(name));
				return -ENOENT;
			}
		}
		p += strcspn(p, ",");
		p += strspn(p, ", \t");
	}
	return n;
}

static int by_version(const void *a, const void *b)
{
	return apt_version_cmp(a, b);
}

const char *apt_index_series(const struct apt_index *x, const struct debian_want *want, char *buf,
			     size_t size)
{
	char all[32][APT_SERIES_MAX];
	size_t n = 0, used = 0;

	for (size_t i = 0; i < x->n && n < 32; i++) {
		char series[APT_SERIES_MAX];
		size_t k = 0;

		if (!fits(&x->v[i], want, series))
			continue;
		while (k < n && strcmp(all[k], series) != 0)
			k++;
		if (k == n)
			memcpy(all[n++], series, sizeof(series));
	}
	qsort(all, n, sizeof(all[0]), by_version);
	snprintf(buf, size, "nothing");
	for (size_t k = 0; k < n && used < size; k++)
		used += (size_t)snprintf(buf + used, size - used, "%s%s", k ? ", " : "", all[k]);
	return buf;
}

const struct apt_package *apt_index_source(const struct apt_index *x, const char *series)
{
	bool any = !strcmp(series, "newest");
	const struct apt_package *best = NULL;

	for (size_t i = 0; i < x->n; i++) {
		const struct apt_package *p = &x->v[i];

		if (!strncmp(p->name, SOURCE, strlen(SOURCE)) &&
		    (any || !strcmp(p->name + strlen(SOURCE), series)) &&
		    (!best || apt_version_cmp(p->version, best->version) > 0))
			best = p;
	}
	return best;
}

const char *apt_index_sources(const struct apt_index *x, char *buf, size_t size)
{
	size_t used = 0;

	snprintf(buf, size, "nothing");
	for (size_t i = 0; i < x->n && used < size; i++) {
		const char *series = x->v[i].name + strlen(SOURCE);

		/* Each once: of its newest. */
		if (!strncmp(x->v[i].name, SOURCE, strlen(SOURCE)) &&
		    apt_index_source(x, series) == &x->v[i])
			used += (size_t)snprintf(buf + used, size - used, "%s%s", used ? ", " : "",
						 series);
	}
	return buf;
}
