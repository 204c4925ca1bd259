// SPDX-License-Identifier: Apache-2.0
// What stands between somebody and a room: keys, the server's word, the browser; devices that are not given.
import { describe, expect, it } from 'vitest';
import { ApiError } from '../../src/api';
import { keepChoice, readChoice } from '../../src/pages/room/choice';
import { judge } from '../../src/pages/room/judge';
import { browserOf, openMedia, troubleOf } from '../../src/pages/room/media';
import { stateOfCode, stateOfEnding, STATES } from '../../src/pages/room/states';
import words from '../../src/words/en/app.json';

describe('the way in', () => {
  it.each([
    ['ready', true, 'encrypted'],
    ['ready', false, 'server-disagrees'],
    ['none', true, 'key-missing'],
    ['none', false, 'clear'],
    ['damaged', true, 'damaged'],
    ['damaged', false, 'damaged'],
  ] as const)('key %s, room encrypted %s: %s', (key, room, judgement) => {
    expect(judge(key, room, [])).toBe(judgement);
  });

  it('ends where the browser cannot encrypt, but for rooms that are not encrypted', () => {
    expect(judge('ready', true, ['webcrypto'])).toBe('cannot');
    expect(judge('none', true, ['encoded-transforms'])).toBe('cannot');
    expect(judge('ready', false, ['webrtc'])).toBe('cannot');
    expect(judge('none', false, ['encoded-transforms'])).toBe('clear');
  });
});

describe('states', () => {
  it('each have their words, and no words are without a state', () => {
    const told = Object.keys(words.states).filter((name) => name !== 'facts' && name !== 'ways');
    expect(Object.keys(STATES).sort()).toEqual(told.sort());
    for (const { way } of Object.values(STATES)) expect(words.states.ways[way]).toBeTruthy();
  });

  it('are found for what the server says', () => {
    expect(stateOfCode('room_full')).toBe('full');
    expect(stateOfCode('approval_pending')).toBe('approval');
    expect(stateOfCode('rate_limited')).toBeNull();
  });

  it('are found for how a meeting ended', () => {
    expect(stateOfEnding({ kind: 'kicked' })).toBe('kicked');
    expect(stateOfEnding({ kind: 'encryption-off' })).toBe('encryptionOff');
    expect(stateOfEnding({ kind: 'stopped', error: new ApiError('room_full', 403, '') })).toBe('full');
    const stopped = Object.assign(new Error('server-disagrees'), { why: 'server-disagrees' });
    expect(stateOfEnding({ kind: 'stopped', error: stopped })).toBe('disagrees');
    expect(stateOfEnding({ kind: 'stopped', error: new Error('?') })).toBe('lost');
  });
});

class Refusal extends Error {
  constructor(name: string) {
    super(name);
    this.name = name;
  }
}

const track = (kind: string) => ({ kind }) as MediaStreamTrack;

/** Devices of which some are refused. */
function devices(refusals: { audio?: string; video?: string }) {
  const asked: string[] = [];
  return {
    asked,
    getUserMedia: async (wish: MediaStreamConstraints) => {
      const kinds = (['audio', 'video'] as const).filter((kind) => wish[kind]);
      asked.push(kinds.join('+'));
      const refused = kinds.map((kind) => refusals[kind]).find(Boolean);
      if (refused) throw new Refusal(refused);
      return { getTracks: () => kinds.map(track) } as unknown as MediaStream;
    },
  };
}

describe('devices', () => {
  it('are asked for at once', async () => {
    const own = devices({});
    const got = await openMedia({ microphone: {}, camera: {} }, own as unknown as MediaDevices);
    expect(Object.keys(got.tracks).sort()).toEqual(['camera', 'microphone']);
    expect(own.asked).toEqual(['audio+video']);
  });

  it('do without the one that is not given', async () => {
    const own = devices({ video: 'NotFoundError' });
    const got = await openMedia({ microphone: {}, camera: {} }, own as unknown as MediaDevices);
    expect(got.tracks.microphone).toBeTruthy();
    expect(got.troubles).toEqual({ camera: 'none' });
    expect(own.asked).toEqual(['audio+video', 'audio', 'video']);
  });

  it('that are all refused say why', async () => {
    const own = devices({ audio: 'NotAllowedError', video: 'NotAllowedError' });
    const got = await openMedia({ microphone: {}, camera: {} }, own as unknown as MediaDevices);
    expect(got).toEqual({ tracks: {}, troubles: { microphone: 'denied', camera: 'denied' } });
    expect(troubleOf(new Refusal('NotReadableError'))).toBe('busy');
  });

  it('are not asked for when none is wanted', async () => {
    const own = devices({});
    await openMedia({}, own as unknown as MediaDevices);
    expect(own.asked).toEqual([]);
  });

  it('are explained for the browser at hand', () => {
    expect(browserOf('Mozilla/5.0 (X11; rv:128.0) Gecko/20100101 Firefox/128.0')).toBe('firefox');
    expect(browserOf('Mozilla/5.0 AppleWebKit/537.36 Chrome/130.0 Safari/537.36')).toBe('chrome');
    expect(browserOf('Mozilla/5.0 (Macintosh) AppleWebKit/605 Version/18.0 Safari/605')).toBe('safari');
  });
});

describe('what was chosen before', () => {
  const store = () => {
    const kept = new Map<string, string>();
    return {
      getItem: (name: string) => kept.get(name) ?? null,
      setItem: (name: string, text: string) => void kept.set(name, text),
    };
  };

  it('is kept, and begins with both on', () => {
    const storage = store();
    expect(readChoice(storage)).toEqual({ name: '', microphone: true, camera: true });
    keepChoice({ camera: false, name: 'Ada' }, storage);
    expect(readChoice(storage)).toEqual({ name: 'Ada', microphone: true, camera: false });
  });

  it('that cannot be read is as if there was nothing', () => {
    const storage = store();
    storage.setItem('bedrud-choice', '{');
    expect(readChoice(storage).microphone).toBe(true);
  });
});
