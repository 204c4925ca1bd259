// SPDX-License-Identifier: Apache-2.0
import type { Room, TextStreamHandler, TextStreamReader } from 'livekit-client';
import { describe, expect, it } from 'vitest';
import { listenForText, readText, TEXT_BYTES } from '../../src/meeting/chat/text';

/** Gives what it has, and counts what was taken. */
function textReader(parts: Iterable<string>, size?: number, error?: Error) {
  const taken: string[] = [];
  const reader = {
    info: { id: 'a', size },
    async *[Symbol.asyncIterator]() {
      for (const part of parts) {
        taken.push(part);
        yield part;
      }
      if (error) throw error;
    },
    async readAll() {
      let all = '';
      for await (const part of this) all += part;
      return all;
    },
  };
  return { reader: reader as unknown as TextStreamReader, taken };
}

function* bomb(): Generator<string> {
  for (let i = 0; i < 100_000; i++) yield 'x'.repeat(1000);
}

describe('chat that comes as a stream of text', () => {
  it('is read whole, as long as a message may be', async () => {
    expect(await readText(textReader(['one ', 'two']).reader)).toBe('one two');
    const most = '🎉'.repeat(TEXT_BYTES / 4);
    expect(await readText(textReader([most], TEXT_BYTES).reader)).toBe(most);
    expect(await readText(textReader([most, 'x']).reader)).toBeNull();
  });

  it('is not read on when it is longer, whatever size it told', async () => {
    for (const size of [undefined, 10, TEXT_BYTES]) {
      const { reader, taken } = textReader(bomb(), size);
      expect(await readText(reader)).toBeNull();
      expect(taken).toHaveLength(TEXT_BYTES / 1000 + 1);
    }
    const { reader, taken } = textReader(bomb(), TEXT_BYTES + 1);
    expect(await readText(reader)).toBeNull();
    expect(taken).toHaveLength(0);
  });

  it('is a message when it is whole, and nothing when it broke off', async () => {
    const got: [string, string][] = [];
    let handler: TextStreamHandler | undefined;
    const room = { registerTextStreamHandler: (_topic, given) => (handler = given) } as Pick<
      Room,
      'registerTextStreamHandler'
    >;
    listenForText(room, { receiveText: (text, from) => void got.push([text, from]) });
    // A rejection that nobody handles would fail the run.
    handler?.(textReader(['half'], 10, new Error('gone')).reader, { identity: 'ben' });
    handler?.(textReader(bomb()).reader, { identity: 'ben' });
    handler?.(textReader(['hello']).reader, { identity: 'anna' });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(got).toEqual([['hello', 'anna']]);
  });
});
