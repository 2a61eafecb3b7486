/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <cjson/cJSON.h>
#include <endian.h>
#include <string.h>

#include "lab/vm/vm.h"
#include "netladder/cleanup.h"

/*
 * In the stream of a machine's devices (QEMU's docs/devel/migration.rst) the clock is a subsection: 0x05, the name with
 * its length before it, the version, then qemu_icount_bias and qemu_icount (vmstate_icount, QEMU's
 * softmmu/cpu-timers.c), all numbers big endian.
 */
static const char clock_mark[] = "\x05\x0ctimer/icount";
#define MARK_BYTES (sizeof clock_mark - 1)
#define VERSION_BYTES 4
#define CLOCK_VERSION 1

static int64_t number_at(const unsigned char *data)
{
	uint64_t number;
	memcpy(&number, data, sizeof number);
	return (int64_t)be64toh(number);
}

/* Where the two numbers of the clock are in STREAM; NULL when they are not in there, once. */
static unsigned char *find_clock(const struct lad_bytes *stream)
{
	unsigned char *mark = memmem(stream->data, stream->size, clock_mark, MARK_BYTES);
	if (!mark)
		return NULL;
	size_t behind = stream->size - (size_t)(mark - stream->data) - MARK_BYTES;
	uint32_t version;
	if (behind < VERSION_BYTES + 2 * sizeof(int64_t) || memmem(mark + 1, behind, clock_mark, MARK_BYTES))
		return NULL;
	memcpy(&version, mark + MARK_BYTES, sizeof version);
	return be32toh(version) == CLOCK_VERSION ? mark + MARK_BYTES + VERSION_BYTES : NULL;
}

int vm_fingerprint_take(int devices_fd, struct vm_fingerprint *fingerprint, struct lad_error *err)
{
	lad_cleanup_bytes struct lad_bytes stream = {0};
	if (lad_file_read_fd(devices_fd, "the machine's devices", VM_FILE_BYTES_MAX, &stream, err) < 0)
		return -1;
	const unsigned char *clock = find_clock(&stream);
	if (!clock)
		return lad_error_set(err, LAD_EXIT_UNABLE, "this QEMU does not tell its instruction clock");
	fingerprint->bias_ns = number_at(clock);
	fingerprint->instructions = number_at(clock + sizeof(int64_t));
	/* What stands before is the host's time. */
	fingerprint->devices = vm_hash_bytes(clock, stream.size - (size_t)(clock - stream.data));
	return 0;
}

int vm_fingerprint_move(struct lad_bytes *stream, int64_t jump_ns, struct lad_error *err)
{
	unsigned char *clock = find_clock(stream);
	if (!clock)
		return lad_error_set(err, LAD_EXIT_UNABLE, "this QEMU does not tell its instruction clock");
	uint64_t bias = htobe64((uint64_t)(number_at(clock) + jump_ns));
	memcpy(clock, &bias, sizeof bias);
	return 0;
}

void vm_fingerprint_json(const struct vm_fingerprint *fingerprint, cJSON *object)
{
	cJSON_AddNumberToObject(object, "instructions", (double)fingerprint->instructions);
	cJSON_AddNumberToObject(object, "bias_ns", (double)fingerprint->bias_ns);
	cJSON_AddStringToObject(object, "devices_sha256", fingerprint->devices.hex);
	cJSON_AddStringToObject(object, "memory_sha256", fingerprint->memory.hex);
	cJSON_AddStringToObject(object, "saved_sha256", fingerprint->saved.hex);
}

static int parse_hash(const cJSON *object, const char *name, struct vm_hash *hash)
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(object, name));
	return text && snprintf(hash->hex, sizeof hash->hex, "%s", text) == sizeof hash->hex - 1 ? 0 : -1;
}

int vm_fingerprint_parse(const cJSON *object, struct vm_fingerprint *fingerprint)
{
	const cJSON *instructions = cJSON_GetObjectItem(object, "instructions");
	const cJSON *bias = cJSON_GetObjectItem(object, "bias_ns");
	if (!cJSON_IsNumber(instructions) || !cJSON_IsNumber(bias))
		return -1;
	fingerprint->instructions = (int64_t)instructions->valuedouble;
	fingerprint->bias_ns = (int64_t)bias->valuedouble;
	return parse_hash(object, "devices_sha256", &fingerprint->devices) < 0 ||
		       parse_hash(object, "memory_sha256", &fingerprint->memory) < 0 ||
		       parse_hash(object, "saved_sha256", &fingerprint->saved) < 0
		   ? -1
		   : 0;
}

bool vm_fingerprint_same(const struct vm_fingerprint *left, const struct vm_fingerprint *right)
{
	return left->instructions == right->instructions && left->bias_ns == right->bias_ns &&
	       strcmp(left->devices.hex, right->devices.hex) == 0 && strcmp(left->memory.hex, right->memory.hex) == 0;
}
