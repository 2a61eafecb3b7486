/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "netladder/mode.h"

#include <string.h>

#define WORD(NAME, name, word) word,
#define CPUS_WORD(NAME, word, phrase) word,
#define CPUS_PHRASE(NAME, word, phrase) phrase,
static const char *const mode_names[] = {LAD_MODES(WORD)};
static const char *const lab_names[] = {LAD_LABS(WORD)};
static const char *const placement_names[] = {"cross-host", "same-host"};
static const char *const workload_names[] = {LAD_WORKLOADS(WORD)};
static const char *const cpus_names[] = {LAD_CPUS(CPUS_WORD)};
static const char *const cpus_phrases[] = {LAD_CPUS(CPUS_PHRASE)};
static const char *const ip_names[] = {"4", "6"};
const char *const lad_io_names[] = {"plain", "batch", "gso"};
const char *const lad_receive_names[] = {"discard", "copy"};
const char *const lad_direction_names[] = {"forward", "reverse", "both"};
const char *const lad_payload_names[] = {"zero", "random"};
const char *const lad_pacing_names[] = {"auto", "timer", "max_pacing_rate", "txtime"};

_Static_assert(sizeof placement_names / sizeof *placement_names == LAD_PLACEMENT_COUNT, "a word for every placement");
_Static_assert(sizeof ip_names / sizeof *ip_names == LAD_IP_COUNT, "a word for every version");

static const char *name_of(const char *const *names, unsigned count, unsigned value)
{
	return value < count ? names[value] : "?";
}

static int value_of(const char *const *names, int count, const char *name)
{
	for (int i = 0; i < count; i++)
		if (strcmp(names[i], name) == 0)
			return i;
	return -1;
}

const char *lad_mode_name(enum lad_mode mode)
{
	return name_of(mode_names, LAD_MODE_COUNT, (unsigned)mode);
}

const char *lad_lab_name(enum lad_lab_kind lab)
{
	return name_of(lab_names, LAD_LAB_COUNT, (unsigned)lab);
}

const char *lad_placement_name(enum lad_placement placement)
{
	return name_of(placement_names, LAD_PLACEMENT_COUNT, (unsigned)placement);
}

const char *lad_workload_name(enum lad_workload_kind kind)
{
	return name_of(workload_names, LAD_WORKLOAD_COUNT, (unsigned)kind);
}

const char *lad_cpus_name(enum lad_cpus cpus)
{
	return name_of(cpus_names, LAD_CPUS_COUNT, (unsigned)cpus);
}

const char *lad_cpus_phrase(enum lad_cpus cpus)
{
	return name_of(cpus_phrases, LAD_CPUS_COUNT, (unsigned)cpus);
}

int lad_mode_from_name(const char *name)
{
	return value_of(mode_names, LAD_MODE_COUNT, name);
}

int lad_lab_from_name(const char *name)
{
	return value_of(lab_names, LAD_LAB_COUNT, name);
}

int lad_placement_from_name(const char *name)
{
	return value_of(placement_names, LAD_PLACEMENT_COUNT, name);
}

int lad_workload_from_name(const char *name)
{
	return value_of(workload_names, LAD_WORKLOAD_COUNT, name);
}

int lad_cpus_from_name(const char *name)
{
	return value_of(cpus_names, LAD_CPUS_COUNT, name);
}

const char *lad_ip_name(enum lad_ip ip)
{
	return name_of(ip_names, LAD_IP_COUNT, (unsigned)ip);
}

int lad_ip_from_name(const char *name)
{
	return value_of(ip_names, LAD_IP_COUNT, name);
}

const char *lad_io_name(enum lad_io io)
{
	return name_of(lad_io_names, LAD_IO_COUNT, (unsigned)io);
}

const char *lad_receive_name(enum lad_receive receive)
{
	return name_of(lad_receive_names, LAD_RECEIVE_COUNT, (unsigned)receive);
}

int lad_io_from_name(const char *name)
{
	return value_of(lad_io_names, LAD_IO_COUNT, name);
}

int lad_receive_from_name(const char *name)
{
	return value_of(lad_receive_names, LAD_RECEIVE_COUNT, name);
}

const char *lad_direction_name(enum lad_direction direction)
{
	return name_of(lad_direction_names, LAD_DIRECTION_COUNT, (unsigned)direction);
}

const char *lad_payload_name(enum lad_payload payload)
{
	return name_of(lad_payload_names, LAD_PAYLOAD_COUNT, (unsigned)payload);
}

int lad_direction_from_name(const char *name)
{
	return value_of(lad_direction_names, LAD_DIRECTION_COUNT, name);
}

int lad_payload_from_name(const char *name)
{
	return value_of(lad_payload_names, LAD_PAYLOAD_COUNT, name);
}

const char *lad_pacing_name(enum lad_pacing pacing)
{
	return name_of(lad_pacing_names, LAD_PACING_COUNT, (unsigned)pacing);
}

int lad_pacing_from_name(const char *name)
{
	return value_of(lad_pacing_names, LAD_PACING_COUNT, name);
}
