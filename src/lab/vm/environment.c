/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <cjson/cJSON.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lab/vm/vm.h"
#include "netladder/cleanup.h"

static void replace(cJSON *root, const char *name, const char *text)
{
	cJSON_DeleteItemFromObject(root, name);
	cJSON_AddStringToObject(root, name, text);
}

/* What another QEMU, kernel or program would change: `cmp` of two results means something only where these agree. */
static int add_hashes(cJSON *object, const struct vm_setup *setup, const struct vm_image *image, struct lad_error *err)
{
	struct vm_hash qemu;
	if (vm_hash_file(setup->qemu, &qemu, err) < 0)
		return -1;
	cJSON *hashes = cJSON_AddObjectToObject(object, "sha256");
	cJSON_AddStringToObject(hashes, "qemu", qemu.hex);
	cJSON_AddStringToObject(hashes, "kernel", image->kernel.hex);
	cJSON_AddStringToObject(hashes, "netladder-guest", image->guest.hex);
	cJSON_AddStringToObject(hashes, "netladder-agent", image->agent.hex);
	if (image->base_agent.hex[0])
		cJSON_AddStringToObject(hashes, "netladder-agent of variant a", image->base_agent.hex);
	cJSON_AddStringToObject(hashes, "initramfs", image->initramfs.hex);
	return 0;
}

/* Runs of one build, plan and frozen machine are the same to the byte. */
static void add_frozen(cJSON *object, const struct vm_origins *origins)
{
	const struct vm_state *state = origins->state;
	if (!state)
		return;
	vm_fingerprint_json(&state->fingerprint, cJSON_AddObjectToObject(object, "frozen"));
	cJSON_AddBoolToObject(object, "frozen_by_earlier_run", state->cached);
	cJSON *discarded = cJSON_AddObjectToObject(object, "discarded");
	cJSON_AddNumberToObject(discarded, "boots", state->boots_discarded);
	cJSON_AddNumberToObject(discarded, "trials", origins->trials_discarded);
}

int vm_environment_write(const struct vm_setup *setup, const struct vm_origins *origins, const struct lad_bytes *guest,
			 struct lad_error *err)
{
	const struct vm_image *image = origins->image;
	char path[4200], stamp[32];
	time_t now = time(NULL);
	struct tm utc;
	struct vm_command command;
	if (vm_command_make(setup, &(struct vm_role){0}, &command, err) < 0)
		return -1;
	gmtime_r(&now, &utc);
	strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%SZ", &utc);
	cJSON *root = guest->data ? cJSON_Parse((const char *)guest->data) : cJSON_CreateObject();
	/* The guest believes to be a machine of its own, at its own time. */
	replace(root, "time", stamp);
	replace(root, "lab", "vm");
	replace(root, "clock", setup->scenario->vm.clock == LAD_CLOCK_INSTRUCTIONS ? "instructions" : "wall");
	cJSON *object = cJSON_AddObjectToObject(root, "vm");
	cJSON_AddStringToObject(object, "run_id", image->run_id);
	cJSON *words = cJSON_AddArrayToObject(object, "qemu_command");
	for (int i = 0; i < command.count; i++)
		cJSON_AddItemToArray(words, cJSON_CreateString(command.words[i]));
	vm_command_free(&command);
	add_frozen(object, origins);
	int status = add_hashes(object, setup, image, err);
	lad_cleanup_free char *text = cJSON_Print(root);
	cJSON_Delete(root);
	if (status < 0)
		return -1;
	snprintf(path, sizeof path, "%.4000s/environment.json", setup->options->directory);
	FILE *file = fopen(path, "wxe");
	if (!file || !text || fprintf(file, "%s\n", text) < 0 || fclose(file) != 0)
		return lad_error_errno(err, errno, "cannot write %s", path);
	return 0;
}
