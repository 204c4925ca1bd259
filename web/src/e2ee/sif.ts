// SPDX-License-Identifier: Apache-2.0
// What servers put behind frames.
//
// Injected frames: LiveKit's server sends blank frames of its own when a track is muted or closed, and marks them by a text
// at their end that it tells in JoinResponse.sif_trailer. Its SDKs play such frames although nobody encrypted them. We never
// do: the mark only gives the drop its right name, and without it the frame is dropped as one that does not authenticate.
//
// Frame metadata: SDKs of other makers may append fields for time and frame number *behind* the encrypted frame, when the
// track says so. They are not authenticated; we cut them off and look at nothing in them.
import type { Bytes } from './types';

/** A mark shorter than this could fit a real frame's end by chance. */
const SHORTEST_MARK = 16;

export function isInjected(data: Uint8Array, mark: Uint8Array | null): boolean {
  if (!mark || mark.length < SHORTEST_MARK || data.length < mark.length) return false;
  const at = data.length - mark.length;
  for (let i = 0; i < mark.length; i++) if (data[at + i] !== mark[i]) return false;
  return true;
}

const MAGIC = [0x4c, 0x4b, 0x54, 0x53]; // LKTS

/** ... | fields | length of fields and of what follows, inverted | LKTS */
export function withoutMetadata(data: Bytes): Bytes {
  const at = data.length - MAGIC.length;
  if (at < 1) return data;
  for (let i = 0; i < MAGIC.length; i++) if (data[at + i] !== MAGIC[i]) return data;
  const length = (data[at - 1] as number) ^ 0xff;
  return length < MAGIC.length + 1 || length > data.length ? data : data.subarray(0, data.length - length);
}
