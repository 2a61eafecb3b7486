/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef NETLADDER_DOCKER_H
#define NETLADDER_DOCKER_H

/*
 * A client of the Docker Engine API (docs.docker.com/reference/api/engine) with what the docker lab needs: libcurl on
 * the engine's socket, cJSON for the bodies. Everything it makes on an engine carries the label LAD_DOCKER_LABEL with
 * the run's id; nothing without that label is ever changed or removed.
 *
 * Every function that returns int gives 0, or -1 with ERR filled in; the message begins with the engine's name.
 *
 * What an engine knows (GET) it has to say within 10 s in all, or NETLADDER_ENGINE_LIMIT_S seconds from the
 * environment; what it makes or removes within six times that; loading an image may
 * last, with a limit of nine times that for silence. Where SIGINT, SIGTERM and SIGHUP are blocked, one that is pending
 * ends a call with LAD_EXIT_INTERRUPTED (and stays pending), save the calls that remove what was made.
 */

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "netladder/error.h"
#include "netladder/mode.h"
#include "netladder/tuning.h"

#define LAD_DOCKER_LABEL "org.netladder.run"
/* On the agent's image, which stays on the engine as a cache from run to run. */
#define LAD_DOCKER_IMAGE_LABEL "org.netladder.agent"
#define LAD_DOCKER_ADDRESS 46 /* bytes for an address of either IP */
#define LAD_DOCKER_ID 80      /* bytes for an id (64 hexadecimal digits) or a name */

struct lad_docker; /* one engine */

/* connection.c */

/*
 * Connects to the engine that HOST names and agrees on an API version. HOST is
 *   unix:///var/run/docker.sock   a socket on this machine (a plain absolute path is the same)
 *   tcp://node:2376               TLS when TLS_DIRECTORY (or DOCKER_TLS_VERIFY with DOCKER_CERT_PATH) gives ca.pem,
 *                                 cert.pem and key.pem; plain HTTP otherwise
 *   ssh://user@node[:port][/path] the socket there, forwarded by the system's ssh (NETLADDER_SSH names another
 *                                 program); ssh asks nothing, so keys must be set up
 *   a word                        a Docker context (~/.docker/contexts or $DOCKER_CONFIG/contexts)
 * TLS_DIRECTORY may be NULL. ENGINE is released by lad_docker_close.
 */
int lad_docker_open(const char *host, const char *tls_directory, struct lad_docker **engine, struct lad_error *err);
/*
 * A second connection to the engine of ENGINE, for another thread: one connection serves one thread at a time. It is
 * carried by the same ssh, and is released by lad_docker_close before ENGINE.
 */
int lad_docker_open_again(const struct lad_docker *engine, struct lad_docker **again, struct lad_error *err);
/* What FROM, a connection to the same engine, knows of the engine's silence or trouble is known to TO as well. */
void lad_docker_tell(struct lad_docker *to, const struct lad_docker *from);
/* Ends the connection, and the ssh that carried it. NULL is allowed. */
void lad_docker_close(struct lad_docker *engine);
/* The host as it was given, for messages. */
const char *lad_docker_name(const struct lad_docker *engine);
/* The agreed API version, e.g. "1.41". */
const char *lad_docker_api_version(const struct lad_docker *engine);

/*
 * One API call: METHOD on PATH ("/containers/create?name=x", without the version) with BODY (borrowed, NULL: none).
 * ANSWER (NULL: none is expected) receives the parsed body, never NULL on success; the caller deletes it. An HTTP
 * status of 400 and above is an error with the engine's own message; lad_docker_status tells which. A body that is no
 * JSON is an error.
 */
int lad_docker_call(struct lad_docker *engine, const char *method, const char *path, const cJSON *body, cJSON **answer,
		    struct lad_error *err);
/* The same with SIZE bytes of a tar archive as the body. */
int lad_docker_upload(struct lad_docker *engine, const char *path, const void *data, size_t size,
		      struct lad_error *err);
/* The HTTP status of the last call; 0 when the engine could not be reached, or was not understood. */
long lad_docker_status(const struct lad_docker *engine);
/*
 * -1, with ERR (may be NULL) as that call had it, when since lad_docker_open an engine has once not answered, or not
 * understandably. For who has only tried something: an engine that says no is a finding, one that is gone is none.
 */
int lad_docker_trouble(const struct lad_docker *engine, struct lad_error *err);

/* A name for an object of run RUN_ID, of the characters that Docker takes: "netladder-<run>-<what>". */
void lad_docker_object_name(char name[LAD_DOCKER_ID], const char *run_id, const char *what);

/* attach.c */

struct lad_docker_stream; /* a relay between one container's standard streams and two descriptors */

/*
 * Attaches to CONTAINER, created and not yet started. INPUT receives a descriptor whose bytes go to the container's
 * stdin, OUTPUT a non-blocking one that gives its stdout; both are owned by the stream. The container's stdin closes
 * when the stream does, also when this process is killed.
 */
int lad_docker_attach(struct lad_docker *engine, const char *container, struct lad_docker_stream **stream, int *input,
		      int *output, struct lad_error *err);
void lad_docker_detach(struct lad_docker_stream *stream);

/*
 * The attach stream of a container without a terminal interleaves stdout and stderr in frames: one byte stream number
 * (1 stdout, 2 stderr), three zeros, four bytes of length (big-endian), payload. Fed piece by piece, cut anywhere.
 */
struct lad_docker_frames {
	unsigned char header[8];
	size_t header_used;
	uint32_t left;	    /* of the current payload */
	unsigned char kind; /* of the current payload */
};

enum { LAD_DOCKER_STDOUT = 1, LAD_DOCKER_STDERR = 2 };

/*
 * Takes the next piece of payload out of *DATA (*SIZE bytes, both advanced). Returns its length, with *PAYLOAD pointing
 * to it and *KIND saying the stream; 0 when more input is needed; -1 when the bytes are no such frames.
 */
long lad_docker_frames_next(struct lad_docker_frames *frames, const unsigned char **data, size_t *size,
			    const unsigned char **payload, int *kind);

/* image.c */

struct lad_docker_image {
	char name[64]; /* netladder-agent:<first 12 digits of the layer's SHA-256> */
	char id[80];   /* sha256:…, of the image's configuration: what the engine will call it */
	void *archive; /* owned: what /images/load takes */
	size_t size;
};

/*
 * Makes, in memory, an image of the agent (an open descriptor, O_PATH will do) and the shared libraries that it needs
 * on this machine, and nothing else. The same files give the same bytes, name and id.
 */
int lad_docker_image_make(int agent_fd, struct lad_docker_image *image, struct lad_error *err);
void lad_docker_image_free(struct lad_docker_image *image);
/* Loads IMAGE unless the engine has it. LOADED (NULL allowed) says whether it had to. */
int lad_docker_image_ensure(struct lad_docker *engine, const struct lad_docker_image *image, bool *loaded,
			    struct lad_error *err);

/* network.c */

struct lad_docker_network {
	const char *name, *run_id, *driver; /* bridge, macvlan, ipvlan, overlay */
	const char *subnet;		    /* "198.19.0.0/24", or NULL: the engine chooses */
	const char *gateway, *ip_range;	    /* or NULL */
	const char *subnet6;		    /* "2001:2::/64": IPv6 as well; NULL: IPv4 alone */
	const char *parent;		    /* macvlan, ipvlan: the host's device */
	const char *ipvlan_mode;	    /* l2, l3 */
	int64_t mtu_bytes;		    /* com.docker.network.driver.mtu; 0: the driver's default */
};

/* Creates the network with the options of `docker network create`. ID receives its id. */
int lad_docker_network_create(struct lad_docker *engine, const struct lad_docker_network *network,
			      char id[LAD_DOCKER_ID], struct lad_error *err);
/* A network that is not there any more is no error. Waits for endpoints that are still being released. */
int lad_docker_network_remove(struct lad_docker *engine, const char *id, struct lad_error *err);

/* container.c */

struct lad_docker_limits {		  /* as `docker run` knows them */
	double cpus;			  /* 0: no limit */
	char cpuset[64];		  /* "0-3,5", "": none */
	int64_t memory_bytes;		  /* 0: no limit */
	const struct lad_sysctl *sysctls; /* sysctl_count of them, namespaced ones only */
	int sysctl_count;
};

struct lad_docker_port { /* a published one */
	uint16_t container, published;
	bool udp; /* else tcp */
};

struct lad_docker_container {
	const char *name, *run_id, *image;
	const char *network;		     /* name or id, or "host" */
	const char *namespace_of;	     /* id of a running container whose network namespace it shares, or NULL */
	const char *address, *address6;	     /* static addresses in that network, or NULL */
	const char *alias;		     /* another name in that network, or NULL */
	const char *cpuset;		     /* CPUs to pin to, or NULL: as the limits say */
	const struct lad_docker_port *ports; /* port_count of them */
	int port_count;
	enum lad_ip ip;				/* over which they are published */
	const struct lad_docker_limits *limits; /* or NULL */
	const struct lad_sysctl *sysctls;	/* sysctl_count of them, namespaced ones only */
	int sysctl_count;
	const char *argument; /* of the agent, or NULL */
	bool all_ports;	      /* widen net.ipv4.ip_local_port_range; not in the host's network */
};

/* Creates, and does not start, a container that runs the agent: no capability but NET_ADMIN, read-only, removed by the
 * engine itself when it ends. ID receives its id. */
int lad_docker_container_create(struct lad_docker *engine, const struct lad_docker_container *container,
				char id[LAD_DOCKER_ID], struct lad_error *err);
int lad_docker_container_start(struct lad_docker *engine, const char *id, struct lad_error *err);
/* The address that a running container has in its one network; "" in the host's, or where the driver gives it none. */
int lad_docker_container_address(struct lad_docker *engine, const char *id, enum lad_ip ip,
				 char address[LAD_DOCKER_ADDRESS], struct lad_error *err);
/* Kills and removes it, and waits until it is gone. One that is gone already is no error. */
int lad_docker_container_remove(struct lad_docker *engine, const char *id, struct lad_error *err);

/* swarm.c */

enum lad_docker_swarm_state { LAD_SWARM_INACTIVE, LAD_SWARM_WORKER, LAD_SWARM_MANAGER, LAD_SWARM_PENDING };

struct lad_docker_info { /* of GET /info */
	char engine_id[80], name[64], version[32], kernel[64], operating_system[128], architecture[32];
	int cpus;
	enum lad_docker_swarm_state swarm;
	char node_id[LAD_DOCKER_ID], node_address[64]; /* of the Swarm, "" outside */
	int data_path_port;			       /* VXLAN's, as a manager knows it; else the default */
	char drivers[512];			       /* its network drivers, " bridge  overlay " */
	int64_t clock_skew_ns;			       /* the engine's clock less ours, at the middle of the call */
	int64_t clock_error_ns;			       /* ± this: half the time the call took */
};

/* Whether NODE_ID is, to the Swarm that ENGINE manages, a node that is ready: -1 says what it is instead. */
int lad_docker_swarm_node(struct lad_docker *engine, const char *node_id, struct lad_error *err);

int lad_docker_info(struct lad_docker *engine, struct lad_docker_info *info, struct lad_error *err);
/* Whether the engine has the network driver DRIVER, "macvlan". */
bool lad_docker_has_driver(const struct lad_docker_info *info, const char *driver);

/*
 * Makes a Swarm of ENGINES: the first becomes its manager at ADDRESSES[0], the others join as workers. Each is marked
 * (a labelled volume with its node's id), so that only what was made here is dissolved. On failure it is undone.
 */
int lad_docker_swarm_make(struct lad_docker *const *engines, const char *const *addresses, int count,
			  const char *run_id, struct lad_error *err);
/* Takes ENGINE out of a Swarm that RUN_ID (NULL: any run) made; any other Swarm is left alone. LEFT may be NULL. */
int lad_docker_swarm_leave(struct lad_docker *engine, const char *run_id, bool *left, struct lad_error *err);

/* facts.c */

struct lad_docker_facts {		   /* of an engine's host, as a container of ours sees it */
	char device[16];		   /* that carries the traffic between hosts */
	char address[16];		   /* its IPv4 address */
	char address6[LAD_DOCKER_ADDRESS]; /* its IPv6 address, not a link's own; "" for none */
	int64_t mtu_bytes;
	char vxlan[64]; /* "" when such a device can be made, else why not */
};

/*
 * Runs the agent of IMAGE for a moment on ENGINE, in the host's network, and with VXLAN once more in a network of its
 * own to try that. ADDRESS (NULL or "": the default route's device) says whose device is meant.
 */
int lad_docker_facts(struct lad_docker *engine, const struct lad_docker_image *image, const char *run_id,
		     const char *address, bool vxlan, struct lad_docker_facts *facts, struct lad_error *err);

/*
 * Connects from a container of IMAGE in NETWORK (or "host") to ADDRESS and PORT and says nothing. ANSWER receives what
 * came of it: "refused"; "hung up", when the connection was taken and closed; "silent", when it was taken and kept; or
 * what the kernel said.
 */
int lad_docker_connect(struct lad_docker *engine, const struct lad_docker_image *image, const char *run_id,
		       const char *network, const char *address, int port, char answer[64], struct lad_error *err);

/* published.c */

enum lad_docker_carrier { LAD_CARRIER_UNKNOWN, LAD_CARRIER_KERNEL, LAD_CARRIER_PROXY, LAD_CARRIER_NONE };

/*
 * Who carries a connection from ENGINE's own host to a published port at ADDRESS, an address of that host: the kernel,
 * by address translation, or docker-proxy. The API tells neither, so it is tried with a container of IMAGE that
 * publishes a port and does not listen: what the kernel translates, the container refuses; docker-proxy accepts, and
 * hangs up once it is refused itself. Nobody carries what is accepted and left alone: without either, an engine holds
 * the port that it cannot serve. 127.0.0.1 is docker-proxy's wherever it runs (--userland-proxy); at a host's own
 * IPv6 address it stands in where the engine makes no ip6tables rules. UNKNOWN comes with an error that says why.
 */
int lad_docker_carrier(struct lad_docker *engine, const struct lad_docker_image *image, const char *run_id,
		       const char *address, enum lad_docker_carrier *carrier, struct lad_error *err);

/* ports.c */

/*
 * Tries, from FROM's host to TO's (at ADDRESS), the ports that a Swarm with overlay networks needs: 2377/tcp, 7946/tcp,
 * 7946/udp, 4789/udp. CLOSED receives those that do not get through, "4789/udp: no answer", or "". A UDP port that the
 * Swarm itself uses over there cannot be tried, but what a firewall refuses is heard; 2377/tcp needs to be open at its
 * MANAGER alone. TAKE: those ports over there that are free are taken meanwhile, to have somebody who answers; with a
 * Swarm that is in use that is not for us.
 */
int lad_docker_ports(struct lad_docker *from, struct lad_docker *to, bool manager, bool take, const char *address,
		     const struct lad_docker_image *image, const char *run_id, char *closed, size_t size,
		     struct lad_error *err);

/* clean.c */

struct lad_docker_cleaned {
	int containers, networks, swarms, images;
};

/* Removes from ENGINE what carries the label, of RUN_ID or (NULL) of any run; with IMAGES also the agents' images. */
int lad_docker_clean(struct lad_docker *engine, const char *run_id, bool images, struct lad_docker_cleaned *cleaned,
		     struct lad_error *err);
/*
 * Removes from ENGINE what runs have left that were started on this machine, since its boot, and whose process has
 * ended: those that were killed. Those of other machines, and those that go on, are left alone.
 */
int lad_docker_clean_dead(struct lad_docker *engine, struct lad_docker_cleaned *cleaned, struct lad_error *err);

#endif
