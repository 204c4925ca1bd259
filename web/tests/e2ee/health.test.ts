// SPDX-License-Identifier: Apache-2.0
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { Health, type TrackFacts, WINDOW_MS } from '../../src/e2ee/health';
import type { PipeCount } from '../../src/e2ee/messages';

let health: Health;
let nowMs = 0;

const facts = (more: Partial<TrackFacts> = {}): TrackFacts => ({
  ...{ track: 'TR_1', identity: 'ben', local: false, media: 'video', announced: true, muted: false, pipe: 1 },
  ...more,
});

function count(pipe: number, ok: number, reason: PipeCount['reason'] = null): void {
  health.count([{ pipe, ok, dropped: reason ? 1 : 0, reason }], nowMs);
  health.update(nowMs);
}

const stateOf = (identity: string) => health.getSnapshot().people.find((one) => one.identity === identity)?.state;

beforeEach(() => {
  nowMs = 10_000;
  health = new Health();
  health.setKeyReady(true);
  health.setPeople([
    { identity: 'anna', local: true },
    { identity: 'ben', local: false },
  ]);
  health.setTracks([facts()]);
  health.update(nowMs);
});

describe('a person', () => {
  it('is waited for until the first frame, then encrypted, for two seconds', () => {
    expect(stateOf('ben')).toBe('waiting');
    count(1, 1);
    expect(stateOf('ben')).toBe('encrypted');
    nowMs += WINDOW_MS - 1;
    health.update(nowMs);
    expect(stateOf('ben')).toBe('encrypted');
    nowMs += 1;
    health.update(nowMs);
    expect(stateOf('ben')).toBe('waiting');
  });

  it.each([
    ['auth', 'wrong-key'],
    ['no-key', 'wrong-key'],
    ['bad-trailer', 'blocked'],
    ['short', 'blocked'],
    ['sender', 'blocked'],
    ['replay', 'blocked'],
    ['codec', 'waiting'],
    ['unbound', 'waiting'],
  ] as const)('whose frames are dropped for %s is %s', (reason, state) => {
    count(1, 0, reason);
    expect(stateOf('ben')).toBe(state);
  });

  it('is no stranger to the key as long as we have none', () => {
    health.setKeyReady(false);
    count(1, 0, 'no-key');
    expect(stateOf('ben')).toBe('waiting');
  });

  it('stays encrypted while somebody throws other frames in', () => {
    count(1, 20);
    count(1, 0, 'auth');
    expect(stateOf('ben')).toBe('encrypted');
    count(1, 0, 'sender');
    expect(health.getSnapshot().people[1]).toMatchObject({ state: 'encrypted', suspicious: true });
  });

  it('is suspicious when clear frames come among encrypted ones, and not when there are no others', () => {
    count(1, 0, 'bad-trailer');
    expect(health.getSnapshot().people[1]).toMatchObject({ state: 'blocked', suspicious: false });
    count(1, 20);
    expect(health.getSnapshot().people[1]).toMatchObject({ state: 'encrypted', suspicious: true });
  });

  it('is blocked when announced as clear, whatever comes', () => {
    health.setTracks([facts({ announced: false })]);
    count(1, 20);
    expect(stateOf('ben')).toBe('blocked');
    expect(health.playable('TR_1')).toBe(false);
  });

  it('sends nothing with everything muted', () => {
    health.setTracks([facts({ muted: true })]);
    health.update(nowMs);
    expect(stateOf('ben')).toBe('silent');
    expect(stateOf('anna')).toBe('silent');
    count(1, 5);
    expect(stateOf('ben')).toBe('silent');
    nowMs += WINDOW_MS;
    count(1, 0, 'auth');
    expect(stateOf('ben')).toBe('wrong-key');
  });

  it('is told of by the worst track, but not by one that only waits', () => {
    health.setTracks([facts(), facts({ track: 'TR_2', pipe: 2, media: 'audio' })]);
    count(1, 5);
    expect(stateOf('ben')).toBe('encrypted');
    count(2, 0, 'auth');
    expect(stateOf('ben')).toBe('wrong-key');
  });

  it('is judged by the frames of the present track only', () => {
    count(1, 5);
    health.setTracks([facts({ track: 'TR_2', pipe: 2 })]);
    health.update(nowMs);
    expect(stateOf('ben')).toBe('waiting');
    health.setTracks([facts({ track: 'TR_3', pipe: 1 })]);
    health.update(nowMs);
    expect(stateOf('ben')).toBe('waiting');
  });
});

describe('a track', () => {
  it('is playable when its frames go through the worker and nowhere else', () => {
    expect(health.playable('TR_1')).toBe(true);
    health.setTracks([facts({ pipe: null })]);
    expect(health.playable('TR_1')).toBe(false);
    expect(health.playable('TR_9')).toBe(false);
    health.setTracks([facts()]);
    health.setAble(false);
    expect(health.playable('TR_1')).toBe(false);
  });

  it('knows when it was last verified', () => {
    expect(health.verifiedAgoMs('TR_1', nowMs)).toBe(null);
    count(1, 1);
    expect(health.verifiedAgoMs('TR_1', nowMs + 300)).toBe(300);
  });
});

describe('a meeting', () => {
  it('shows the worst first', () => {
    expect(health.getSnapshot().state).toBe('waiting');
    health.setTracks([]);
    health.update(nowMs);
    expect(health.getSnapshot().state).toBe('ready');
    health.setPeople(['ben', 'cleo', 'dora'].map((identity) => ({ identity, local: false })));
    health.setTracks(['ben', 'cleo', 'dora'].map((identity, i) => facts({ identity, track: `TR_${i}`, pipe: i })));
    for (const [pipe, state] of [[0, 'encrypted'], [1, 'wrong-key'], [2, 'blocked']] as const) {
      count(pipe, state === 'encrypted' ? 1 : 0, state === 'wrong-key' ? 'auth' : state === 'blocked' ? 'short' : null);
      if (pipe === 0) expect(health.getSnapshot().state).toBe('waiting');
      else expect(health.getSnapshot().state).toBe(state);
    }
    expect(health.getSnapshot()).toMatchObject({ blocked: 1, wrongKey: 1, waiting: 0, allDiffer: false });
  });

  it('says that it is our key that differs when nobody can be decrypted', () => {
    health.setPeople(['ben', 'cleo'].map((identity) => ({ identity, local: false })));
    health.setTracks(['ben', 'cleo'].map((identity, i) => facts({ identity, track: `TR_${i}`, pipe: i })));
    for (const pipe of [0, 1]) count(pipe, 0, 'auth');
    expect(health.getSnapshot().allDiffer).toBe(true);
    count(1, 1);
    expect(health.getSnapshot().allDiffer).toBe(false);
  });

  it('tells listeners when something shown changed, and only then', () => {
    const listener = vi.fn();
    const stop = health.subscribe(listener);
    count(1, 1);
    const first = health.getSnapshot();
    count(1, 1);
    expect(listener).toHaveBeenCalledTimes(1);
    expect(health.getSnapshot()).toBe(first);
    stop();
    count(1, 0, 'auth');
    nowMs += WINDOW_MS;
    health.update(nowMs);
    expect(listener).toHaveBeenCalledTimes(1);
  });
});
