// SPDX-License-Identifier: Apache-2.0
// Apps that are not ours write their chat as streams of text.
import type { Room, TextStreamReader } from 'livekit-client';
import type { ChatLog } from './ChatLog';
import { CHAT_LIMITS } from './payloads';

const TOPIC = 'lk.chat';
/** What the longest message can take in UTF-8. */
export const TEXT_BYTES = 4 * CHAT_LIMITS.message;

/**
 * All of a text, or null: it is too long, or broke off. A stream may be compressed, and become a thousand times what was sent,
 * whatever size it tells: so it is read in pieces, and no further than a message may be long.
 */
export async function readText(reader: TextStreamReader): Promise<string | null> {
  if ((reader.info.size ?? 0) > TEXT_BYTES) return null;
  const encoder = new TextEncoder();
  let text = '';
  let bytes = 0;
  try {
    for await (const part of reader) {
      bytes += encoder.encode(part).length;
      if (bytes > TEXT_BYTES) return null;
      text += part;
    }
  } catch {
    return null;
  }
  return text;
}

export function listenForText(room: Pick<Room, 'registerTextStreamHandler'>, chat: Pick<ChatLog, 'receiveText'>): void {
  room.registerTextStreamHandler(TOPIC, (reader, { identity }) => {
    void readText(reader).then((text) => {
      if (text !== null) chat.receiveText(text, identity);
    });
  });
}
