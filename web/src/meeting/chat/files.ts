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
/** Of all that came and is kept. */
const HELD_LIMIT = 256 * 2 ** 20;

export const FILE_COUNTS = {
  /** That are kept; then the oldest goes. */
  kept: 100,
  /** Of one sender: nobody pushes out all that the others sent. */
  keptOfOne: 32,
  /** That come at the same time. Less than are kept, so one of those that are kept can always go. */
  coming: 48,
  /** From one sender: two messages full of files. */
  comingOfOne: 16,
} as const;

/** Types that a page may show as a picture. Others, SVG among them, are only ever saved. */
const PICTURES = ['image/png', 'image/jpeg', 'image/gif', 'image/webp'];

export interface FileState {
  /** 0 to 1 of its bytes. */
  progress: number;
  blob: Blob | null;
  isBroken: boolean;
}

interface Kept {
  state: FileState;
  /** Who sent it; '' for what is sent from here. */
  from: string;
  /** Bytes that lie in memory for it. */
  held: number;
  isComing: boolean;
}

/** What is watched is how often something changed; a file's state is another object when it changed. */
export class FileStore extends Watched<number> {
  readonly #kept = new Map<string, Kept>();

  constructor(private readonly limit = HELD_LIMIT) {
    super(0);
  }

  get(id: string): FileState | undefined {
    return this.#kept.get(id)?.state;
  }

  put(id: string, change: Partial<FileState>): void {
    this.#change(this.#kept.get(id) ?? this.#add(id, ''), change);
  }

  /** Reads what comes, as far as it said it would be and there is room. */
  async receive(reader: ByteStreamReader, from: string): Promise<void> {
    const { size = 0, mimeType } = reader.info;
    // The name of a stream is its sender's own: nobody sends in another's place.
    const id = `${from} ${reader.info.id}`;
    if (this.#kept.has(id)) return;
    const hasRoom = this.#hasRoom(from, size);
    const kept = this.#add(id, from);
    if (!hasRoom) return this.#change(kept, { isBroken: true });
    Object.assign(kept, { held: size, isComing: true });
    this.#change(kept, {});
    try {
      const bytes = await this.#read(reader, size, kept);
      const type = PICTURES.includes(mimeType) ? mimeType : 'application/octet-stream';
      kept.isComing = false;
      this.#change(kept, { progress: 1, blob: new Blob([bytes], { type }) });
    } catch {
      Object.assign(kept, { held: 0, isComing: false });
      this.#change(kept, { isBroken: true });
    }
  }

  /** In one piece from the start: many small pieces would take many times their bytes. */
  async #read(reader: ByteStreamReader, size: number, kept: Kept): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = new Uint8Array(size);
    let got = 0;
    for await (const part of reader) {
      if (got + part.length > size) throw new Error('more than was said');
      bytes.set(part, got);
      got += part.length;
      const progress = Math.floor((got / size) * 100) / 100;
      if (progress > kept.state.progress) this.#change(kept, { progress });
    }
    if (got !== size) throw new Error('less than was said');
    return bytes;
  }

  #hasRoom(from: string, size: number): boolean {
    const all = [...this.#kept.values()];
    const coming = all.filter(({ isComing }) => isComing);
    return (
      size <= FILE_LIMIT &&
      all.reduce((sum, { held }) => sum + held, size) <= this.limit &&
      coming.length < FILE_COUNTS.coming &&
      coming.filter((one) => one.from === from).length < FILE_COUNTS.comingOfOne
    );
  }

  /** Makes room first: of the sender's own where they have their share, else of all. What still comes stays. */
  #add(id: string, from: string): Kept {
    const all = [...this.#kept];
    const own = all.filter(([, one]) => one.from === from);
    const full = own.length >= FILE_COUNTS.keptOfOne ? own : all.length >= FILE_COUNTS.kept ? all : [];
    const oldest = full.find(([, { isComing }]) => !isComing);
    if (oldest) this.#kept.delete(oldest[0]);
    const kept: Kept = { state: { progress: 0, blob: null, isBroken: false }, from, held: 0, isComing: false };
    this.#kept.set(id, kept);
    return kept;
  }

  #change(kept: Kept, change: Partial<FileState>): void {
    kept.state = { ...kept.state, ...change };
    this.set(this.state + 1);
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
