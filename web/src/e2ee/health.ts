// SPDX-License-Identifier: Apache-2.0
// The truth behind the lock: what was really encrypted and decrypted in the last two seconds, per track and per person. It is
// fed with the worker's counts and with what is published, and asked by pages through `subscribe` and `getSnapshot` (the
// shape that React's useSyncExternalStore takes). Knows no clock and no SDK.
import type { PipeCount } from './messages';

export const WINDOW_MS = 2000;

export type State =
  | 'encrypted' // frames verified in the last two seconds
  | 'waiting' // nothing has come that could be judged
  | 'wrong-key' // frames come, and do not open with our key
  | 'blocked' // sent without encryption: neither shown nor played
  | 'silent' // microphone and camera off: nothing to measure, so no lock
  | 'cannot'; // this browser cannot encrypt

export interface TrackFacts {
  track: string;
  identity: string;
  local: boolean;
  media: 'audio' | 'video';
  /** What the server says of the sender's encryption. */
  announced: boolean;
  muted: boolean;
  /** Set once frames go through the worker and nowhere else. */
  pipe: number | null;
}

export interface TrackHealth {
  track: string;
  identity: string;
  media: 'audio' | 'video';
  state: State;
  /** A page may show and play it: it is said to be encrypted, and only what the worker opened comes out of it. */
  playable: boolean;
}

export interface PersonHealth {
  identity: string;
  local: boolean;
  state: State;
  /** Among this person's frames, or in their place, came clear ones, somebody else's, or old ones again. They were dropped. */
  suspicious: boolean;
  tracks: readonly TrackHealth[];
}

export interface MeetingHealth {
  people: readonly PersonHealth[];
  /** The pill: worst first. `ready`: nobody sends anything yet. */
  state: 'blocked' | 'wrong-key' | 'waiting' | 'encrypted' | 'ready' | 'cannot';
  blocked: number;
  wrongKey: number;
  waiting: number;
  /** Nobody can be decrypted: it is our key that differs. */
  allDiffer: boolean;
}

interface Flow {
  okMs: number;
  clearMs: number;
  wrongMs: number;
  suspiciousMs: number;
}

const NEVER = -Infinity;

/** Which reasons to drop a frame say what about its sender. The others say nothing: codec trouble, no key of ours yet. */
const MEANING: Partial<Record<NonNullable<PipeCount['reason']>, 'clear' | 'wrong' | 'suspicious'>> = {
  short: 'clear',
  'bad-trailer': 'clear',
  auth: 'wrong',
  replay: 'suspicious',
  sender: 'suspicious',
};

const PILL = ['blocked', 'wrong-key', 'waiting', 'encrypted'] as const;

export class Health {
  #facts = new Map<string, TrackFacts>();
  #flows = new Map<number, Flow>();
  #people = new Map<string, boolean>();
  #able = true;
  #keyReady = false;
  #listeners = new Set<() => void>();
  #snapshot: MeetingHealth = summary([]);
  #shown = '';

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  };

  getSnapshot = (): MeetingHealth => this.#snapshot;

  /** How long ago a track was last verified; null if never. Not in the snapshot, since it changes all the time. */
  verifiedAgoMs(track: string, nowMs: number): number | null {
    const flow = this.#flowOf(track);
    return flow && flow.okMs !== NEVER ? nowMs - flow.okMs : null;
  }

  setAble(able: boolean): void {
    this.#able = able;
  }

  setKeyReady(ready: boolean): void {
    this.#keyReady = ready;
  }

  setPeople(people: readonly { identity: string; local: boolean }[]): void {
    this.#people = new Map(people.map(({ identity, local }) => [identity, local]));
  }

  setTracks(tracks: readonly TrackFacts[]): void {
    this.#facts = new Map(tracks.map((one) => [one.track, one]));
    const used = new Set(tracks.map(({ pipe }) => pipe));
    for (const pipe of this.#flows.keys()) if (!used.has(pipe)) this.#flows.delete(pipe);
  }

  /** What went through since the last report. */
  count(pipes: readonly PipeCount[], nowMs: number): void {
    for (const one of pipes) {
      const flow = this.#flows.get(one.pipe) ?? { okMs: NEVER, clearMs: NEVER, wrongMs: NEVER, suspiciousMs: NEVER };
      this.#flows.set(one.pipe, flow);
      if (one.ok > 0) flow.okMs = nowMs;
      if (one.dropped > 0 && one.reason) {
        const meaning = this.#meaningOf(one.reason);
        if (meaning) flow[`${meaning}Ms`] = nowMs;
      }
    }
  }

  /** A frame under an index without a key: ours is another, unless we have none yet. */
  #meaningOf(reason: NonNullable<PipeCount['reason']>): 'clear' | 'wrong' | 'suspicious' | undefined {
    if (reason === 'no-key') return this.#keyReady ? 'wrong' : undefined;
    return MEANING[reason];
  }

  /** Judges anew; listeners are told if anything that is shown has changed. */
  update(nowMs: number): void {
    const next = summary(this.#judgePeople(nowMs));
    const shown = JSON.stringify(next);
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.#snapshot = next;
    for (const listener of this.#listeners) listener();
  }

  playable(track: string): boolean {
    const facts = this.#facts.get(track);
    return this.#able && facts !== undefined && facts.announced && facts.pipe !== null;
  }

  #flowOf(track: string): Flow | undefined {
    const pipe = this.#facts.get(track)?.pipe;
    return pipe === null || pipe === undefined ? undefined : this.#flows.get(pipe);
  }

  #judgePeople(nowMs: number): PersonHealth[] {
    const since = nowMs - WINDOW_MS;
    return [...this.#people].map(([identity, local]) => {
      const facts = [...this.#facts.values()].filter((one) => one.identity === identity);
      const tracks = facts.map((one): TrackHealth => {
        const { track, media } = one;
        return { track, identity, media, state: this.#judgeTrack(one, since), playable: this.playable(track) };
      });
      const suspicious = facts.some(({ track }) => isSuspicious(this.#flowOf(track), since));
      return { identity, local, state: this.#judgePerson(local, tracks), suspicious, tracks };
    });
  }

  #judgeTrack(facts: TrackFacts, since: number): State {
    if (!facts.announced) return 'blocked';
    const flow = this.#flowOf(facts.track);
    // Browsers go on sending silence for a track that is muted.
    if (flow && flow.okMs > since) return facts.muted ? 'silent' : 'encrypted';
    if (flow && Math.max(flow.clearMs, flow.suspiciousMs) > since) return 'blocked';
    if (flow && flow.wrongMs > since) return 'wrong-key';
    return facts.muted ? 'silent' : 'waiting';
  }

  /** One bad track is told of before good ones; a track that waits is not, while another of the same person is verified. */
  #judgePerson(local: boolean, tracks: readonly TrackHealth[]): State {
    if (local && !this.#able) return 'cannot';
    for (const state of ['blocked', 'wrong-key', 'encrypted', 'waiting'] as const) {
      if (tracks.some((track) => track.state === state)) return state;
    }
    return 'silent';
  }
}

/** Somebody who sends clear frames alone has no encryption; among verified frames they are another's doing. */
function isSuspicious(flow: Flow | undefined, since: number): boolean {
  return flow !== undefined && (flow.suspiciousMs > since || (flow.okMs > since && flow.clearMs > since));
}

function summary(people: PersonHealth[]): MeetingHealth {
  const count = (state: State, of = people): number => of.filter((person) => person.state === state).length;
  const others = people.filter((person) => !person.local && person.state !== 'silent' && person.state !== 'waiting');
  const worst = PILL.find((state) => count(state) > 0);
  return {
    people,
    state: count('cannot') > 0 ? 'cannot' : (worst ?? 'ready'),
    blocked: count('blocked'),
    wrongKey: count('wrong-key'),
    waiting: count('waiting'),
    allDiffer: others.length > 1 && others.every((person) => person.state === 'wrong-key'),
  };
}
