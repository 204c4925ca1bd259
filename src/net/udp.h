/* SPDX-License-Identifier: Apache-2.0 */
/* A worker's media sockets: receiving in batches (recvmmsg), sending runs to one receiver with UDP_SEGMENT in batches
 * (sendmmsg), with a fallback where the kernel refuses segmentation. One socket per local address, all on one port. */
#ifndef NET_UDP_H
#define NET_UDP_H

#include "base/packet.h"

#define UDP_SOCKETS_MAX 8
#define UDP_BATCH 64

struct udp;

/* Binds every address (its port; 0 lets the kernel pick one for all). NULL and -errno in *error; *failed tells which. */
struct udp *udp_new(const struct addr *addrs, unsigned count, int *error, unsigned *failed);
void udp_free(struct udp *u);
uint16_t udp_port(const struct udp *u);
/* Descriptor to poll for datagrams on any socket (an epoll set). */
int udp_fd(const struct udp *u);
/* Up to UDP_BATCH datagrams from the sockets, in order of arrival per socket; from.local is the socket's index and
 * received_us is filled in by the caller. Each is one reference of the caller's. 0: none waiting. Datagrams larger than
 * PACKET_CAPACITY are dropped. */
unsigned udp_receive(struct udp *u, struct packet_pool *pool, struct packet **out);
/* Sends runs in order. When a socket's buffer is full waits for it up to 2 ms, then gives up the rest of that run's
 * receiver; returns datagrams given up. */
unsigned udp_send(struct udp *u, const uint8_t *arena, const struct send_run *runs, unsigned count);
/* Whether UDP_SEGMENT is in use (false after the kernel refused it once). */
bool udp_segments(const struct udp *u);

#endif
