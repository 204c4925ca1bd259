/* SPDX-License-Identifier: Apache-2.0 */
/* Data channel establishment (RFC 8832): the OPEN and ACK messages on SCTP payload protocol 50. */
#ifndef WIRE_DCEP_H
#define WIRE_DCEP_H

#include "base/writer.h"

#define SCTP_PPID_DCEP 50
#define SCTP_PPID_STRING 51
#define SCTP_PPID_BINARY 53
#define SCTP_PPID_STRING_EMPTY 56
#define SCTP_PPID_BINARY_EMPTY 57

enum dcep_reliability { DCEP_RELIABLE, DCEP_MAX_RETRANSMITS, DCEP_MAX_LIFETIME };

struct dcep_open {
    bool unordered;
    enum dcep_reliability reliability;
    uint32_t parameter; /* retransmissions or milliseconds */
    uint16_t priority;
    struct span label, protocol;
};

bool dcep_is_ack(struct span message);
bool dcep_parse_open(struct span message, struct dcep_open *out)
    __attribute__((warn_unused_result));
void dcep_write_open(struct writer *w, const struct dcep_open *open);
void dcep_write_ack(struct writer *w);

#endif
