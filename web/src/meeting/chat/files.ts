// SPDX-License-Identifier: Apache-2.0
// Files go from person to person as streams of packets, encrypted where the meeting is, and are kept by nobody in between: who
// is there gets them. A message names each by the id of its stream.
import type { ByteStreamReader } from 'livekit-client';
import type { Call } from '../call/Call';
import { Watched } from '../call/Watched';
import type { FileAttachment } from './payloads';

const TOPIC = 'chat-file';
/** It all lies in memory, of everybody who is there. */
export const FILE_LIMIT = 16 * 2 ** 20;
/** Of all that came in one meeting. */
const HELD_LIMIT = 256 * 2 ** 20;

/** Types that a page may show as a picture. Others, SVG among them, are only ever saved. */
const PICTURES = ['image/png', 'image/jpeg', 'image/gif', 'image/webp'];

export interface FileState {
  /** 0 to 1 of its bytes. */
  progress: number;
  blob: Blob | null;
  isBroken: boolean;
}

export class FileStore extends Watched<ReadonlyMap<string, FileState>> {
  #held = 0;

  constructor(private readonly limit = HELD_LIMIT) {
    super(new Map());
  }

  put(id: string, change: Partial<FileState>): void {
    const before = this.state.get(id) ?? { progress: 0, blob: null, isBroken: false };
    this.set(new Map(this.state).set(id, { ...before, ...change }));
  }

  /** Reads what comes, as far as it said it would be and there is room. */
  async receive(reader: ByteStreamReader, from: string): Promise<void> {
    const { size = 0, mimeType } = reader.info;
    // The name of a stream is its sender's own: nobody sends in another's place.
    const id = `${from} ${reader.info.id}`;
    if (this.state.has(id)) return;
    this.put(id, {});
    const parts: Uint8Array<ArrayBuffer>[] = [];
    let got = 0;
    let held = 0;
    try {
      if (size > FILE_LIMIT || this.#held + size > this.limit) throw new Error('too large');
      this.#held += held = size;
      for await (const part of reader) {
        got += part.length;
        if (got > size) throw new Error('more than was said');
        parts.push(part.slice());
        this.put(id, { progress: size > 0 ? got / size : 1 });
      }
      if (got !== size) throw new Error('less than was said');
      this.put(id, {
        progress: 1,
        blob: new Blob(parts, { type: PICTURES.includes(mimeType) ? mimeType : 'application/octet-stream' }),
      });
    } catch {
      this.#held -= held;
      this.put(id, { isBroken: true });
    }
  }
}

export const fileKey = (from: string, { stream }: FileAttachment): string => `${from} ${stream}`;

export function listenForFiles(call: Call): void {
  call.room.registerByteStreamHandler(TOPIC, (reader, { identity }) => void call.files.receive(reader, identity));
}

/** Sends them all, and the message that names them. False: one was too large; nothing was sent. */
export async function sendFiles(call: Call, files: readonly File[], message: string): Promise<boolean> {
  if (files.some(({ size }) => size > FILE_LIMIT)) return false;
  const attachments = files.map((file): FileAttachment => ({
    kind: PICTURES.includes(file.type) ? 'image' : 'file',
    ...{ name: file.name.slice(0, 200), mime: file.type || 'application/octet-stream', size: file.size },
    stream: crypto.randomUUID(),
  }));
  attachments.forEach((one, i) => call.files.put(fileKey(call.self, one), { blob: files[i] ?? null }));
  await call.chat.write(message, { attachments });
  await Promise.all(attachments.map((one, i) => sendOne(call, one, files[i] as File)));
  return true;
}

async function sendOne(call: Call, attachment: FileAttachment, file: File): Promise<void> {
  const key = fileKey(call.self, attachment);
  try {
    const writer = await call.room.localParticipant.streamBytes({
      ...{ topic: TOPIC, streamId: attachment.stream, totalSize: file.size },
      // The name travels in the message, sealed with it.
      ...{ name: 'file', mimeType: attachment.mime },
    });
    const bytes = new Uint8Array(await file.arrayBuffer());
    for (let at = 0; at < bytes.length; at += 65_536) {
      await writer.write(bytes.slice(at, at + 65_536));
      call.files.put(key, { progress: Math.min((at + 65_536) / bytes.length, 1) });
    }
    await writer.close();
    call.files.put(key, { progress: 1 });
  } catch {
    call.files.put(key, { isBroken: true });
  }
}
