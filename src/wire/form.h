/* SPDX-License-Identifier: Apache-2.0 */
/* multipart/form-data, RFC 7578: the parts of a body as spans into it. */
#ifndef WIRE_FORM_H
#define WIRE_FORM_H

#include "base/span.h"

#define FORM_BOUNDARY_MOST 70 /* RFC 2046 5.1.1 */

struct form {
    struct span boundary; /* into the content type */
    struct span rest;     /* of the body, behind the last boundary */
};

struct form_part {
    struct span name, filename, type; /* as they are written; empty: absent */
    struct span bytes;
};

/* Begins with the body of a request of this content type. False when it is no form. */
bool form_begin(const char *content_type, struct span body, struct form *f);
/* The next part; false at the end, and when the rest is damaged. */
bool form_next(struct form *f, struct form_part *out);

#endif
