/* SPDX-License-Identifier: MIT */
/* Which of Debian's packages are kernels, which is the newest, and where apt is to look. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "guest/apt_index.h"
#include "guest/apt_sources.h"
#include "guest/debian.h"

#define SHA "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

Test(apt_index, tells_images_by_their_names)
{
	static const struct {
		const char *name, *arch, *series;
		bool rt;
	} images[] = {
		{"linux-image-6.1.0-57-amd64", "amd64", "6.1", false},
		{"linux-image-6.1.0-57-rt-amd64", "amd64", "6.1", true},
		{"linux-image-6.12.117+deb12-amd64", "amd64", "6.12", false},
		{"linux-image-6.12.117+deb13-rt-arm64", "arm64", "6.12", true},
		{"linux-image-7.3.4+deb13-amd64", "amd64", "7.3", false},
		{"linux-image-10.20.4-amd64", "amd64", "10.20", false},
	};
	static const char *const others[] = {
		"linux-image-amd64", /* the newest of its release, by other names */
		"linux-image-6.12-amd64",
		"linux-image-6.12-rt-amd64",
		"linux-image-6.1.0-57-cloud-amd64",
		"linux-image-6.12.117+deb13-amd64-dbg",
		"linux-image-6.12.117+deb13-amd64-unsigned",
		"linux-image-6.12.117+deb13-arm64",
		"linux-image-6.12.117+deb13-arm64-16k",
		"linux-binary-7.3.4+deb13-amd64",
		"linux-image-6.12-amd64-signed-template",
		"linux-image-6x1.2-amd64",
		"linux-image--amd64",
		"linux-image-",
		"",
	};
	char series[APT_SERIES_MAX];
	bool rt;

	for (size_t i = 0; i < sizeof(images) / sizeof(images[0]); i++) {
		cr_assert(apt_image_name(images[i].name, images[i].arch, series, &rt), "refused %s",
			  images[i].name);
		cr_assert_str_eq(series, images[i].series, "%s is of %s", images[i].name, series);
		cr_assert_eq(rt, images[i].rt, "%s", images[i].name);
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		cr_assert_not(apt_image_name(others[i], "amd64", series, &rt), "took %s",
			      others[i]);
}

Test(apt_index, orders_versions_as_debian_does)
{
	/* Each is older than the next. */
	static const char *const order[] = {
		"6.1.99-1",           "6.1.192-1",         "6.1.192-3",
		"6.12.9-1",           "6.12.43-1~bpo12+1", "6.12.43-1",
		"6.12.117-1~deb12u1", "6.12.117-1",        "6.12.117-2",
		"6.12.118-1~bpo12+1", "7.2.13-1",          "7.3~rc1-1",
		"7.3.4-1~bpo13+1",    "7.3.4-1",           "10.1-1",
	};
	size_t n = sizeof(order) / sizeof(order[0]);

	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < n; k++) {
			int diff = apt_version_cmp(order[i], order[k]);

			cr_assert_eq((diff > 0) - (diff < 0), (i > k) - (i < k), "%s and %s: %d",
				     order[i], order[k], diff);
		}
	}
	cr_assert_eq(apt_version_cmp("6.01-1", "6.1-1"), 0);
}

static struct bytes text(const char *s)
{
	struct bytes b = {0};

	cr_assert_eq(bytes_append(&b, s, strlen(s)), 0);
	return b;
}

static const char list[] =
	"Package: linux-doc\nVersion: 1\nSize: 5\nSHA256: " SHA "\nFilename: pool/doc.deb\n\n"
	"Package: linux-image-6.1.0-57-amd64\nSource: linux (6.1.192+3)\nVersion: 6.1.192-3\n"
	"Depends: kmod, linux-base (>= 4.3~), dracut | linux-initramfs-tool\n"
	"Description: Linux 6.1\n with more\nFilename: pool/61.deb\nSize: 70591024\nSHA256: " SHA
	"\n\n"
	"Package: linux-image-7.3.4+deb13-amd64\nVersion: 7.3.4-1\n"
	"Depends: dracut | initramfs-tools (>= 0.120), linux-base-7.3.4+deb13-amd64 (= 7.3.4-1), "
	"linux-binary-7.3.4+deb13-amd64 (= 7.3.4-1), linux-modules-7.3.4+deb13-amd64 (= 7.3.4-1)\n"
	"Filename: pool/73.deb\nSize: 1900\nSHA256: " SHA "\n\n"
	"Package: linux-binary-7.3.4+deb13-amd64\nVersion: 7.3.4-1\nFilename: pool/b.deb\n"
	"Size: 14\nSHA256: " SHA "\n\n"
	"Package: linux-modules-7.3.4+deb13-amd64\nVersion: 7.3.4-1\nFilename: pool/m.deb\n"
	"Size: 110\nSHA256: " SHA "\n\n"
	"Package: linux-image-7.3.5+deb13-rt-amd64\nVersion: 7.3.5-1\nFilename: pool/rt.deb\n"
	"Depends: linux-modules-7.3.5+deb13-rt-amd64 (= 7.3.5-1)\nSize: 110\nSHA256: " SHA "\n";

Test(apt_index, keeps_what_makes_up_kernels_and_reads_its_own_text)
{
	struct apt_index x = {0}, again = {0};
	struct bytes in = text(list), out = {0};

	cr_assert_eq(apt_index_parse(&x, &in, "http://mirror.example/debian/"), 0);
	cr_assert_eq(x.n, 5, "%zu packages", x.n);
	cr_assert_str_eq(x.v[0].uri, "http://mirror.example/debian/pool/61.deb");
	cr_assert_eq(x.v[0].size, 70591024);
	/* The same list twice, as a release and its updates may have it. */
	cr_assert_eq(apt_index_parse(&x, &in, "http://mirror.example/debian"), 0);
	cr_assert_eq(x.n, 5, "%zu packages", x.n);
	cr_assert_eq(apt_index_print(&x, &out), 0);
	cr_assert_eq(apt_index_parse(&again, &out, NULL), 0);
	cr_assert_eq(again.n, x.n);
	for (size_t i = 0; i < x.n; i++)
		cr_assert_eq(memcmp(&again.v[i], &x.v[i], sizeof(x.v[i])), 0, "%s", x.v[i].name);
	bytes_free(&in);
	bytes_free(&out);
	apt_index_free(&x);
	apt_index_free(&again);
}

Test(apt_index, finds_the_newest_and_all_its_parts)
{
	struct debian_want want = {.series = "newest", .arch = "amd64"};
	const struct apt_package *parts[APT_PARTS_MAX], *p;
	char missing[APT_NAME_MAX], series[64];
	struct apt_index x = {0};
	struct bytes in = text(list);

	cr_assert_eq(apt_index_parse(&x, &in, "http://m.example"), 0);
	p = apt_index_newest(&x, &want);
	cr_assert_not_null(p);
	cr_assert_str_eq(p->name, "linux-image-7.3.4+deb13-amd64");
	cr_assert_eq(apt_index_parts(&x, p, parts, missing), 3);
	cr_assert_eq(parts[0], p);
	cr_assert_str_eq(parts[1]->name, "linux-binary-7.3.4+deb13-amd64");
	cr_assert_str_eq(parts[2]->name, "linux-modules-7.3.4+deb13-amd64");
	strcpy(want.series, "6.1");
	p = apt_index_newest(&x, &want);
	cr_assert_not_null(p);
	cr_assert_eq(apt_index_parts(&x, p, parts, missing), 1);
	cr_assert_str_eq(apt_index_series(&x, &want, series, sizeof(series)), "6.1, 7.3");
	strcpy(want.series, "6.12");
	cr_assert_null(apt_index_newest(&x, &want));
	/* Half of a kernel is none. */
	strcpy(want.series, "7.3");
	want.rt = true;
	p = apt_index_newest(&x, &want);
	cr_assert_not_null(p);
	cr_assert_eq(apt_index_parts(&x, p, parts, missing), -ENOENT);
	cr_assert_str_eq(missing, "linux-modules-7.3.5+deb13-rt-amd64");
	strcpy(want.arch, "arm64");
	cr_assert_str_eq(apt_index_series(&x, &want, series, sizeof(series)), "nothing");
	bytes_free(&in);
	apt_index_free(&x);
}

Test(apt_index, leaves_out_what_no_list_of_debian_has)
{
	static const char *const bad[] = {
		"Package: linux-image-6.1.0-1-amd64\nVersion: 6.1.1-1\nSize: 5\nFilename: x\n",
		"Package: linux-image-6.1.0-1-amd64\nVersion: 6.1.1-1\nSize: 5\nSHA256: " SHA "\n",
		"Package: linux-image-6.1.0-1-amd64\nSize: 5\nSHA256: " SHA "\nFilename: x\n",
		"Package: linux-image-6.1.0-1-amd64\nVersion: 6.1.1-1\nSize: 0\nSHA256: " SHA
		"\nFilename: x\n",
		"Package: linux-image-6.1.0-1-amd64\nVersion: 6.1.1-1\nSize: 5\nSHA256: 12\n"
		"Filename: x\n",
		/* These become names of files. */
		"Package: linux-image-6.1.0-1/../../x-amd64\nVersion: 6.1.1-1\nSize: "
		"5\nSHA256: " SHA "\nFilename: x\n",
		"Package: linux-image-6.1.0-1-amd64\nVersion: ../6.1.1-1\nSize: 5\nSHA256: " SHA
		"\nFilename: x\n",
		"Package: linux-image-6.1.0-1-amd64\nVersion: 6.1.1-1\nSize: 5\nSHA256: " SHA
		"\nFilename: a b\n",
		"Package: linux-image-6.1.0-1-amd64",
		"Package: linux-",
		"\n\n\n",
		"",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct apt_index x = {0};
		struct bytes in = text(bad[i]);

		cr_assert_eq(apt_index_parse(&x, &in, "http://m.example"), 0);
		cr_assert_eq(x.n, 0, "took '%s'", bad[i]);
		bytes_free(&in);
	}
}

Test(debian_want, forms_of_a_name)
{
	static const struct {
		const char *text, *series, *arch, *said;
		bool rt;
	} good[] = {
		{"6.12", "6.12", "amd64", "debian:6.12", false},
		{"newest", "newest", "amd64", "debian:newest", false},
		{"6.12-rt", "6.12", "amd64", "debian:6.12-rt", true},
		{"6.12/arm64", "6.12", "arm64", "debian:6.12/arm64", false},
		{"6.12-rt/arm64", "6.12", "arm64", "debian:6.12-rt/arm64", true},
		{"6.12/arm64-rt", "6.12", "arm64", "debian:6.12-rt/arm64", true},
		{"6.12/amd64", "6.12", "amd64", "debian:6.12", false},
	};
	static const char *const bad[] = {
		"6.12/",   "6.12/riscv64", "6.12/arm64/arm64", "-rt",           "6.12-rt-rt",
		"6.12-tr", "newest.1",     "/arm64",           "6.12/../arm64",
	};
	struct debian_want want;
	char said[64];

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct errmsg e = {0};

		cr_assert_eq(debian_want_parse(good[i].text, &want, &e), 0, "%s: %s", good[i].text,
			     e.text);
		cr_assert_str_eq(want.series, good[i].series);
		cr_assert_str_eq(want.arch, good[i].arch);
		cr_assert_eq(want.rt, good[i].rt, "%s", good[i].text);
		cr_assert_str_eq(debian_want_text(&want, said, sizeof(said)), good[i].said);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct errmsg e = {0};

		cr_assert_eq(debian_want_parse(bad[i], &want, &e), -EINVAL, "took %s", bad[i]);
		cr_assert_eq(e.exit, EXIT_USAGE);
		cr_assert_not_null(strstr(e.text, bad[i]));
	}
}

static bool has_line(const struct bytes *lines, const char *line)
{
	return memmem(lines->data, lines->len, line, strlen(line)) != NULL;
}

Test(apt_sources, every_release_from_the_mirror_of_the_host)
{
	static const char host[] = "cdrom:[Debian]/ bookworm main\n"
				   "https://other.example/apt nodistro main\n"
				   "http://near.example/debian/ forky main\n"
				   "http://near.example/debian/ forky contrib\n"
				   "http://near.example/sec/ forky-security main\n";
	struct bytes lines = {0};

	cr_assert_eq(apt_sources_lines(host, NULL, "signed-by=/k", &lines), 0);
	cr_assert(
		has_line(&lines, "deb [signed-by=/k] http://near.example/debian bookworm main\n"));
	cr_assert(has_line(
		&lines, "deb [signed-by=/k] http://near.example/debian trixie-backports main\n"));
	cr_assert(has_line(&lines, "deb [signed-by=/k] http://near.example/debian sid main\n"));
	cr_assert(has_line(&lines,
			   "deb [signed-by=/k] http://near.example/sec trixie-security main\n"));
	/* The host's own release, though nobody asks for it by its name yet. */
	cr_assert(has_line(&lines, "deb [signed-by=/k] http://near.example/debian forky main\n"));
	cr_assert_not(has_line(&lines, "cdrom"));
	cr_assert_not(has_line(&lines, "other.example"));
	cr_assert_not(has_line(&lines, "sid-backports"));
	cr_assert_not(has_line(&lines, "contrib"));
	bytes_free(&lines);
}

Test(apt_sources, a_mirror_that_is_named_is_the_only_one)
{
	struct bytes lines = {0};

	cr_assert_eq(apt_sources_lines("http://near.example/debian/ bookworm main\n",
				       "http://named.example/d/", "signed-by=/k", &lines),
		     0);
	cr_assert(has_line(&lines, "deb [signed-by=/k] http://named.example/d trixie main\n"));
	cr_assert_not(has_line(&lines, "near.example"));
	bytes_free(&lines);
}

Test(apt_sources, a_host_without_debian_has_no_mirror)
{
	struct bytes lines = {0};

	cr_assert_eq(apt_sources_lines("http://a.example/ubuntu noble main\n"
				       "http://a.example/debian bookwormish main\n"
				       "cdrom:[x]/ bookworm main\n",
				       NULL, "signed-by=/k", &lines),
		     -ENOENT);
	cr_assert_eq(apt_sources_lines("", NULL, "signed-by=/k", &lines), -ENOENT);
	cr_assert_eq(lines.len, 0);
}
