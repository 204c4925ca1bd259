// SPDX-License-Identifier: Apache-2.0
// What the pill and the banners say of what was measured.
import { describe, expect, it } from 'vitest';
import type { MeetingHealth, PersonHealth, State } from '../../src/e2ee/health';
import { pillOf } from '../../src/meeting/bar/pill';
import { bannerId, bannersOf } from '../../src/meeting/banner';

const person = (identity: string, state: State, local = false): PersonHealth => ({
  ...{ identity, state, local, suspicious: false, tracks: [] },
});

function health(states: readonly State[], more: Partial<MeetingHealth> = {}): MeetingHealth {
  const people = [person('me', 'encrypted', true), ...states.map((state, i) => person(`p${i}`, state))];
  const count = (state: State): number => people.filter((one) => one.state === state).length;
  const worst = (['blocked', 'wrong-key', 'waiting', 'encrypted'] as const).find((state) => count(state) > 0);
  return {
    ...{ people, state: worst ?? 'ready', blocked: count('blocked'), wrongKey: count('wrong-key') },
    ...{ waiting: count('waiting'), allDiffer: false, ...more },
  };
}

const NEW = { old: false };

describe('the pill', () => {
  it('says encrypted only of what was measured between people', () => {
    expect(pillOf(health(['encrypted']), NEW)).toMatchObject({ tone: 'enc', parts: [{ word: 'encrypted' }] });
    expect(pillOf(health([]), NEW)).toMatchObject({ tone: 'plain', parts: [{ word: 'ready' }] });
    expect(pillOf(health(['silent'], { state: 'ready' }), NEW)).toMatchObject({ parts: [{ word: 'ready' }] });
    expect(pillOf(null, NEW)).toMatchObject({ tone: 'plain', parts: [{ word: 'off' }] });
  });

  it('tells the worst first', () => {
    const all = pillOf(health(['waiting', 'blocked', 'blocked', 'wrong-key']), NEW);
    expect(all.parts).toEqual([
      { word: 'blocked', count: 2 },
      { word: 'wrongKey', count: 1 },
      { word: 'waiting', count: 1 },
    ]);
    expect([all.tone, all.icon]).toEqual(['blocked', 'ban']);
    expect(pillOf(health(['waiting']), NEW).tone).toBe('waiting');
    expect(pillOf(health(['encrypted']), { old: true }).parts).toEqual([{ word: 'old' }]);
    expect(pillOf(health(['wrong-key'], { allDiffer: true }), NEW).parts).toEqual([{ word: 'differs' }]);
    expect(pillOf(health([], { state: 'cannot' }), NEW).tone).toBe('blocked');
  });
});

const quiet = { keyWorker: 'alive', rotation: null, needsTouch: false } as const;
const facts = (more: object = {}) => ({
  ...{
    call: quiet,
    health: health(['encrypted']),
    key: NEW,
    nameOf: (id: string) => id.toUpperCase(),
    isSharing: false,
  },
  ...more,
});
const kinds = (more: object): string[] => bannersOf(facts(more)).map(({ kind }) => kind);

describe('banners', () => {
  it('are not there while all is well', () => expect(kinds({})).toEqual([]));

  it('come worst first', () => {
    const call = {
      keyWorker: 'gone',
      rotation: { phase: 'switched', epoch: 1, by: 'p0', missed: ['p1'] },
      needsTouch: true,
    };
    const states = health(['blocked', 'wrong-key']);
    expect(kinds({ call, health: states, isSharing: true })).toEqual([
      ...['worker', 'blocked', 'wrongKey', 'newKeyMissed', 'touch', 'sharing'],
    ]);
    expect(bannersOf(facts({ health: states }))[0]?.who).toEqual(['P0']);
  });

  it('say that it is our key, where it is', () => {
    expect(kinds({ health: health(['wrong-key', 'wrong-key'], { allDiffer: true }) })).toEqual(['differs']);
    expect(kinds({ key: { old: true }, health: health(['wrong-key']) })).toEqual(['oldKey']);
  });

  it('come back when it is about somebody else', () => {
    const id = (states: State[]): string => bannerId(bannersOf(facts({ health: health(states) }))[0] as never);
    expect(id(['blocked'])).toBe(id(['blocked', 'encrypted']));
    expect(id(['blocked'])).not.toBe(id(['encrypted', 'blocked']));
  });
});
