/* SPDX-License-Identifier: MIT */
#include "guest/init_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "guest/cmdfile.h"
#include "guest/frame.h"

/* A file is written before it gets its name, and has the time of that. */
#define SLACK_S 5

void link_send(struct link *link, uint8_t type, const void *data, size_t len)
{
	uint8_t out[FRAME_SIZE_MAX];
	size_t size = frame_encode(out, type, link->seq++, data, len);

	/* A line that is gone cannot be complained about. */
	(void)!write_all(link->channel, out, size);
}

/* @name: its path in the folder, "" for a file by itself. True: it was sent to its end. */
static bool send_file(struct outgoing *o, uint32_t number, const char *path, const char *name)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	uint8_t buf[FRAME_PAYLOAD_MAX];
	uint32_t crc = 0;
	struct stat st;
	ssize_t n = 0;

	if (fd < 0)
		return false;
	if (fstat(fd, &st) || !S_ISREG(st.st_mode) || strlen(name) > sizeof(buf) - 12) {
		close(fd);
		return false;
	}
	put_le32(buf, number);
	put_le64(buf + 4, (uint64_t)st.st_size);
	memcpy(buf + 12, name, strlen(name));
	link_send(o->link, FRAME_FILE_BEGIN, buf, 12 + strlen(name));
	while ((n = read(fd, buf, sizeof(buf))) > 0) {
		crc = frame_crc(crc, buf, (size_t)n);
		link_send(o->link, FRAME_FILE_DATA, buf, (size_t)n);
	}
	close(fd);
	if (n < 0)
		return false; /* without an end the host knows that it is not whole */
	put_le32(buf, crc);
	link_send(o->link, FRAME_FILE_END, buf, 4);
	return true;
}

/* Written since they were last handed over, or not long before. */
static bool is_new(const struct outgoing *o, const struct stat *st)
{
	return st->st_mtim.tv_sec >= o->since - SLACK_S;
}

/* What is new of the files of @path and of the folders in it; returns how many. */
static uint32_t send_files(struct outgoing *o, uint32_t number, const char *path, const char *below)
{
	DIR *d = opendir(path);
	struct dirent *entry;
	uint32_t sent = 0;

	while (d && (entry = readdir(d))) {
		char *child = NULL, *name = NULL;
		struct stat st;

		if (entry->d_name[0] == '.')
			continue;
		if (asprintf(&child, "%s/%s", path, entry->d_name) < 0 ||
		    asprintf(&name, "%s%s%s", below, *below ? "/" : "", entry->d_name) < 0 ||
		    stat(child, &st)) {
			free(child);
			continue;
		}
		if (S_ISREG(st.st_mode) && is_new(o, &st))
			sent += send_file(o, number, child, name);
		else if (S_ISDIR(st.st_mode) && !*below)
			sent += send_files(o, number, child, name);
		free(child);
		free(name);
	}
	if (d)
		closedir(d);
	return sent;
}

/* The number says how many came so far, again and again: the host counts, too. */
static void send_folder(struct outgoing *o, uint32_t number, const char *path)
{
	uint8_t buf[8];

	o->sent[number] += send_files(o, number, path, "");
	put_le32(buf, number);
	put_le32(buf + 4, o->sent[number]);
	link_send(o->link, FRAME_FOLDER_END, buf, sizeof(buf));
}

static void send_all(struct outgoing *o, bool files)
{
	struct timespec now;
	const char *path = NULL;
	uint32_t number = 0;
	struct stat st;

	clock_gettime(CLOCK_REALTIME, &now); /* as that of files */
	for (; (path = cmdfile_next(o->cmd, path, "out")); number++) {
		if (!stat(path, &st) && S_ISDIR(st.st_mode))
			send_folder(o, number, path);
		else if (files)
			send_file(o, number, path, "");
	}
	o->since = now.tv_sec;
}

void outgoing_folders(struct outgoing *o)
{
	send_all(o, false);
}

void outgoing_rest(struct outgoing *o)
{
	send_all(o, true);
}

int outgoing_init(struct outgoing *o, struct link *link, const struct bytes *cmd)
{
	const char *path = NULL;
	size_t n = 1;

	while ((path = cmdfile_next(cmd, path, "out")))
		n++;
	*o = (struct outgoing){.link = link, .cmd = cmd, .sent = calloc(n, sizeof(*o->sent))};
	return o->sent ? 0 : -ENOMEM;
}

void outgoing_free(struct outgoing *o)
{
	free(o->sent);
	o->sent = NULL;
}
