/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <archive.h>
#include <archive_entry.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include "docker/engine.h"
#include "netladder/cleanup.h"
#include "netladder/file.h"

/*
 * The agent's image: one layer with the program and the libraries that its dynamic loader names, at the paths where
 * the loader looks for them, in the form that `docker save` writes and /images/load reads. All times are 0 and all
 * owners root, so the same files give the same image.
 */

#define FILE_MAX ((size_t)64 << 20)
#define ARCHIVE_MAX (256 << 20)
#define ROOM_FOR_HEADERS (1 << 20)

struct tar {
	struct archive *archive;
	char *data; /* owned by who made it */
	size_t size, capacity;
};

static int tar_begin(struct tar *tar, size_t capacity, struct lad_error *err)
{
	*tar = (struct tar){.data = malloc(capacity), .capacity = capacity, .archive = archive_write_new()};
	if (tar->data && tar->archive && archive_write_set_format_ustar(tar->archive) == ARCHIVE_OK &&
	    archive_write_open_memory(tar->archive, tar->data, capacity, &tar->size) == ARCHIVE_OK)
		return 0;
	return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory for the agent's image");
}

/* Ends the archive; its bytes stay in tar->data. */
static int tar_end(struct tar *tar, struct lad_error *err)
{
	int status = tar->archive ? archive_write_close(tar->archive) : ARCHIVE_FATAL;
	archive_write_free(tar->archive);
	tar->archive = NULL;
	return status == ARCHIVE_OK ? 0 : lad_error_set(err, LAD_EXIT_UNABLE, "cannot finish the agent's image");
}

static int tar_add(struct tar *tar, const char *name, int mode, const void *data, size_t size, struct lad_error *err)
{
	struct archive_entry *entry = archive_entry_new();
	archive_entry_set_pathname(entry, name[0] == '/' ? name + 1 : name);
	archive_entry_set_filetype(entry, AE_IFREG);
	archive_entry_set_perm(entry, (mode_t)mode);
	archive_entry_set_size(entry, (la_int64_t)size);
	archive_entry_set_mtime(entry, 0, 0);
	int status = archive_write_header(tar->archive, entry);
	archive_entry_free(entry);
	if (status != ARCHIVE_OK || archive_write_data(tar->archive, data, size) != (la_ssize_t)size)
		return lad_error_set(err, LAD_EXIT_UNABLE, "cannot add %s to the agent's image: %s", name,
				     archive_error_string(tar->archive));
	return 0;
}

static int tar_add_file(struct tar *tar, const char *name, const char *path, struct lad_error *err)
{
	lad_cleanup_bytes struct lad_bytes file;
	if (lad_file_read(path, FILE_MAX, &file, err) < 0)
		return lad_error_context(err, "the agent's image");
	return tar_add(tar, name, 0755, file.data, file.size, err);
}

/* The bytes all of them take, to know how much memory the archive needs. */
static size_t total_size(int agent_fd, const struct lad_libraries *needed)
{
	struct stat info;
	size_t total = fstat(agent_fd, &info) == 0 ? (size_t)info.st_size : 0;
	for (int i = 0; i < needed->count; i++)
		if (stat(needed->paths[i], &info) == 0)
			total += (size_t)info.st_size;
	return total + ROOM_FOR_HEADERS;
}

static int make_layer(int agent_fd, struct tar *layer, struct lad_error *err)
{
	char program[64];
	lad_cleanup_free struct lad_libraries *needed = calloc(1, sizeof *needed);
	snprintf(program, sizeof program, "/proc/self/fd/%d", agent_fd);
	if (!needed)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory for the agent's image");
	if (lad_libraries_add(needed, agent_fd, "the agent", err) < 0)
		return -1;
	size_t capacity = total_size(agent_fd, needed);
	if (capacity > ARCHIVE_MAX)
		return lad_error_set(err, LAD_EXIT_UNABLE, "the agent and its libraries are too large for an image");
	if (tar_begin(layer, capacity, err) < 0 || tar_add_file(layer, "netladder-agent", program, err) < 0)
		return -1;
	for (int i = 0; i < needed->count; i++)
		if (tar_add_file(layer, needed->paths[i], needed->paths[i], err) < 0)
			return -1;
	return tar_end(layer, err);
}

static const char *docker_architecture(const char *machine)
{
	static const char *const known[][2] = {{"x86_64", "amd64"},   {"aarch64", "arm64"},   {"armv7l", "arm"},
					       {"i686", "386"},	      {"ppc64le", "ppc64le"}, {"s390x", "s390x"},
					       {"riscv64", "riscv64"}};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (strcmp(machine, known[i][0]) == 0)
			return known[i][1];
	return machine;
}

/* The image's configuration (github.com/moby/docker-image-spec). */
static char *make_config(const char *layer_digest)
{
	struct utsname machine;
	char text[DOCKER_HEX + 8];
	uname(&machine);
	cJSON *root = cJSON_CreateObject();
	cJSON_AddStringToObject(root, "architecture", docker_architecture(machine.machine));
	cJSON_AddStringToObject(root, "os", "linux");
	cJSON_AddStringToObject(root, "created", "1970-01-01T00:00:00Z");
	cJSON *config = cJSON_AddObjectToObject(root, "config");
	cJSON_AddItemToArray(cJSON_AddArrayToObject(config, "Entrypoint"), cJSON_CreateString("/netladder-agent"));
	cJSON_AddStringToObject(cJSON_AddObjectToObject(config, "Labels"), LAD_DOCKER_IMAGE_LABEL, LAD_VERSION);
	cJSON *rootfs = cJSON_AddObjectToObject(root, "rootfs");
	cJSON_AddStringToObject(rootfs, "type", "layers");
	snprintf(text, sizeof text, "sha256:%s", layer_digest);
	cJSON_AddItemToArray(cJSON_AddArrayToObject(rootfs, "diff_ids"), cJSON_CreateString(text));
	char *printed = cJSON_PrintUnformatted(root);
	cJSON_Delete(root);
	return printed;
}

static char *make_manifest(const char *config_name, const char *tag, const char *layer_name)
{
	cJSON *root = cJSON_CreateArray(), *image = cJSON_CreateObject();
	cJSON_AddItemToArray(root, image);
	cJSON_AddStringToObject(image, "Config", config_name);
	cJSON_AddItemToArray(cJSON_AddArrayToObject(image, "RepoTags"), cJSON_CreateString(tag));
	cJSON_AddItemToArray(cJSON_AddArrayToObject(image, "Layers"), cJSON_CreateString(layer_name));
	char *printed = cJSON_PrintUnformatted(root);
	cJSON_Delete(root);
	return printed;
}

static int wrap(const struct tar *layer, struct lad_docker_image *image, struct tar *archive, struct lad_error *err)
{
	char layer_digest[DOCKER_HEX], config_digest[DOCKER_HEX], layer_name[DOCKER_HEX + 16],
	    config_name[DOCKER_HEX + 16];
	docker_sha256(layer->data, layer->size, layer_digest);
	lad_cleanup_free char *config = make_config(layer_digest);
	if (!config)
		return lad_error_set(err, LAD_EXIT_UNABLE, "out of memory for the agent's image");
	docker_sha256(config, strlen(config), config_digest);
	snprintf(image->name, sizeof image->name, "netladder-agent:%.12s", layer_digest);
	snprintf(image->id, sizeof image->id, "sha256:%.64s", config_digest);
	snprintf(layer_name, sizeof layer_name, "%.64s/layer.tar", layer_digest);
	snprintf(config_name, sizeof config_name, "%.64s.json", config_digest);
	lad_cleanup_free char *manifest = make_manifest(config_name, image->name, layer_name);
	if (!manifest || tar_begin(archive, layer->size + ROOM_FOR_HEADERS, err) < 0 ||
	    tar_add(archive, config_name, 0644, config, strlen(config), err) < 0 ||
	    tar_add(archive, layer_name, 0644, layer->data, layer->size, err) < 0 ||
	    tar_add(archive, "manifest.json", 0644, manifest, strlen(manifest), err) < 0)
		return -1;
	return tar_end(archive, err);
}

static void tar_free(struct tar *tar)
{
	archive_write_free(tar->archive);
	free(tar->data);
}

int lad_docker_image_make(int agent_fd, struct lad_docker_image *image, struct lad_error *err)
{
	struct tar layer = {0}, archive = {0};
	memset(image, 0, sizeof *image);
	int status = make_layer(agent_fd, &layer, err);
	if (status == 0)
		status = wrap(&layer, image, &archive, err);
	tar_free(&layer);
	if (status < 0) {
		tar_free(&archive);
		return -1;
	}
	image->archive = archive.data;
	image->size = archive.size;
	return 0;
}

void lad_docker_image_free(struct lad_docker_image *image)
{
	free(image->archive);
	memset(image, 0, sizeof *image);
}

/*
 * Whether the engine has the image under its name. The name holds the layer's hash, so it is enough that one of that
 * name with our label is there; the id differs between engines that keep images their own way (containerd).
 */
static int find(struct lad_docker *engine, const struct lad_docker_image *image, bool *there, struct lad_error *err)
{
	char path[128];
	cJSON *answer;
	const cJSON *config, *labels = NULL;
	struct lad_error why = {0};
	*there = false;
	snprintf(path, sizeof path, "/images/%s/json", image->name);
	if (lad_docker_call(engine, "GET", path, NULL, &answer, &why) < 0) {
		if (lad_docker_status(engine) == 404)
			return 0;
		if (err)
			*err = why;
		return -1;
	}
	int status = docker_need(engine, answer, "Config", DOCKER_OBJECT, &config, err);
	if (status == 0)
		status = docker_need(engine, config, "Labels", DOCKER_OBJECT_OR_NULL, &labels, err);
	*there = status == 0 && docker_text(labels, LAD_DOCKER_IMAGE_LABEL)[0];
	cJSON_Delete(answer);
	return status;
}

int lad_docker_image_ensure(struct lad_docker *engine, const struct lad_docker_image *image, bool *loaded,
			    struct lad_error *err)
{
	bool there;
	if (loaded)
		*loaded = false;
	if (find(engine, image, &there, err) < 0)
		return -1;
	if (there)
		return 0;
	if (lad_docker_upload(engine, "/images/load?quiet=1", image->archive, image->size, err) < 0)
		return lad_error_context(err, "cannot load the agent's image");
	if (find(engine, image, &there, err) < 0)
		return -1;
	if (!there)
		return docker_trouble(engine, err, "engine %s took the agent's image and does not have it",
				      engine->host);
	if (loaded)
		*loaded = true;
	return 0;
}
