/* SPDX-License-Identifier: MIT */
#include "guest/incoming.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* What a guest may name in a folder: a file, or one in a folder of it. */
static bool is_plain(const char *name)
{
	const char *slash = strchr(name, '/');

	if (!*name || *name == '.' || slash == name)
		return false;
	return !slash || (slash[1] && slash[1] != '.' && !strchr(slash + 1, '/'));
}

/* The next file of a folder. */
static void begin_in_folder(struct guest_outfile *o, const char *name)
{
	const char *slash = strchr(name, '/');
	struct errmsg *e = o->why.text[0] ? NULL : &o->why;
	char *folder;

	outfile_abort(&o->file);
	free(o->path);
	o->path = NULL;
	if (slash && asprintf(&folder, "%s/%.*s", o->host, (int)(slash - name), name) >= 0) {
		if (mkdir(folder, 0777) && errno != EEXIST)
			errmsg_set(e, -errno, EXIT_ENVIRONMENT, "cannot make the folder %s: %s",
				   folder, strerror(errno));
		free(folder);
	}
	if (asprintf(&o->path, "%s/%s", o->host, name) < 0)
		o->path = NULL;
	else
		outfile_open(&o->file, o->path, e);
}

static void end_in_folder(struct guest_outfile *o)
{
	if (!o->delivered)
		outfile_abort(&o->file);
	else if (o->file.f)
		o->files += !outfile_commit(&o->file, o->why.text[0] ? NULL : &o->why);
	o->delivered = false; /* the folder as a whole is not */
}

static void begin_file(struct incoming *in, const struct frame *f)
{
	char name[FRAME_PAYLOAD_MAX];
	struct guest_outfile *o;

	in->now = NULL;
	if (f->len < 12 || get_le32(f->data) >= in->n)
		return;
	o = &in->out[get_le32(f->data)];
	snprintf(name, sizeof(name), "%.*s", (int)(f->len - 12), (const char *)f->data + 12);
	if (o->folder ? !is_plain(name) : *name != '\0')
		return;
	in->now = o;
	o->begun = true;
	o->size = get_le64(f->data + 4);
	o->got = 0;
	o->crc = 0;
	if (o->folder)
		begin_in_folder(o, name);
}

static void take_file(struct incoming *in, const struct frame *f)
{
	struct guest_outfile *o = in->now;

	if (f->type == FRAME_FILE_BEGIN) {
		begin_file(in, f);
		return;
	}
	if (!o)
		return;
	if (f->type == FRAME_FILE_DATA) {
		o->crc = frame_crc(o->crc, f->data, f->len);
		o->got += f->len;
		/* A failure sticks to the stream; outfile_commit() will see it. */
		if (o->file.f)
			fwrite(f->data, 1, f->len, o->file.f);
		return;
	}
	o->delivered = f->len == 4 && o->got == o->size && get_le32(f->data) == o->crc;
	if (o->folder)
		end_in_folder(o);
	in->now = NULL;
}

static void on_folder_end(struct incoming *in, const struct frame *f)
{
	struct guest_outfile *o;

	if (f->len != 8 || get_le32(f->data) >= in->n)
		return;
	o = &in->out[get_le32(f->data)];
	o->begun = true;
	o->size = get_le32(f->data + 4);
	o->delivered = o->folder && o->files == o->size;
}

void incoming_frame(struct incoming *in, const struct frame *f)
{
	if (f->type == FRAME_FOLDER_END)
		on_folder_end(in, f);
	else
		take_file(in, f);
}
