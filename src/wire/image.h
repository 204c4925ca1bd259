/* SPDX-License-Identifier: Apache-2.0 */
/* Pictures as files: PNG, JPEG, GIF and WebP by their own bytes, whatever a client calls them;
 * their size; and a copy without what a camera or a program wrote about people and places. Pixels
 * are not decoded. */
#ifndef WIRE_IMAGE_H
#define WIRE_IMAGE_H

#include "base/writer.h"

enum image_kind { IMAGE_PNG, IMAGE_JPEG, IMAGE_GIF, IMAGE_WEBP };

struct image {
    enum image_kind kind;
    uint32_t width, height; /* of the largest frame; never 0 */
};

/* Writes the picture without Exif, XMP, profiles, comments and whatever comes behind its end. What
 * is written is no larger than what came, plus IMAGE_GROWTH. False when it is none of the four, its
 * structure is damaged, or it does not fit into w. */
bool image_clean(struct span in, struct writer *w, struct image *out);
/* The way a JPEG is turned is kept, in a block of our own. */
#define IMAGE_GROWTH 64

#endif
