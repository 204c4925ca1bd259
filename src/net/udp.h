/* SPDX-License-Identifier: Apache-2.0 */
/* A worker's media sockets: receiving in batches (recvmmsg), sending runs to one receiver with
 * UDP_SEGMENT in batches (sendmmsg), with a fallback where the kernel refuses segmentation. One
 * socket per local address, all on one port. */
#ifndef NET_UDP_H
#define NET_UDP_H

#include "base/packet.h"

#define UDP_SOCKETS_MAX 8
#define UDP_BATCH 64

struct udp;

/* Binds every address (its port; 0 lets the kernel pick one for all). NULL and -errno in *error;
 * *failed tells which. */
struct udp *udp_new(const struct addr *addrs, unsigned count, int *error, unsigned *failed);
/* Gives the packets it holds for receiving back to their pool: before packet_pool_free. */
void udp_free(struct udp *u);
uint16_t udp_port(const struct udp *u);
/* Descriptor to poll for datagrams on any socket: the only one itself, or an epoll set. */
int udp_fd(const struct udp *u);
/* Up to UDP_BATCH datagrams from the sockets, in order of arrival per socket; from.local is the
 * socket's index and received_us is filled in by the caller. Each is one reference of the caller's.
 * 0: none waiting. Datagrams larger than PACKET_CAPACITY and those from port 0 are dropped, and
 * what waits while the pool is empty. Always the same pool: up to UDP_BATCH of its packets are held
 * between calls. */
unsigned udp_receive(struct udp *u, struct packet_pool *pool, struct packet **out);
/* Sends runs in order, each from socket to.local. When a socket's buffer is full waits for it, up
 * to 2 ms in one call, then gives up the rest of that run and the runs to the same receiver behind
 * it; so too when a receiver cannot be reached. Returns datagrams given up. */
unsigned udp_send(struct udp *u, const uint8_t *arena, const struct send_run *runs, unsigned count);
/* Whether UDP_SEGMENT is in use (false after the kernel refused it once). */
bool udp_segments(const struct udp *u);

#endif
