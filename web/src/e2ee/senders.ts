// SPDX-License-Identifier: Apache-2.0
// Who made a frame, as far as a key that everybody has can say: a server, which has no key, cannot make one person's frames
// appear as another's. Clients of ours mark their frames (iv.ts); other makers' do not, and theirs are `foreign`: whoever
// is said to send them may not have. A person whose marks were seen once sends nothing foreign any more.
//
// A foreign IV looks marked for one given person once in 2^19 frames. Towards its own sender that is harmless, so a person
// counts as marked only after a run of frames; for a frame that seems to be another's, it is the price: with 10 people in the
// room one foreign frame in 50,000 is dropped.
import { markOf, readIv } from './iv';
import type { ReplayGuard } from './replay';
import type { FrameKey } from './types';

/** `own`: marked by the person named. `other`: marked by somebody else we know. */
export type Origin = 'own' | 'other' | 'foreign';

/** Names come from the server; what is beyond is not remembered. */
export const MOST_PEOPLE = 4096;
const RUN = 8;

interface Marks {
  /** Which state of the list of people this is. */
  version: number;
  of: Map<string, number>;
  all: Set<number>;
}

interface Person {
  session: number;
  run: number;
}

export class Senders {
  readonly #people = new Map<string, Person>();
  readonly #marks = new WeakMap<FrameKey, Marks>();
  #version = 0;

  /** A person may send. Their mark stays known after they leave. */
  add(identity: string): void {
    if (this.#people.has(identity)) return;
    if (this.#people.size >= MOST_PEOPLE && !this.#forgetOne()) return;
    this.#people.set(identity, { session: -1, run: 0 });
    this.#version++;
  }

  /** People who never sent a marked frame go first to last; the others stay, or a server could make us forget them. */
  #forgetOne(): boolean {
    for (const [identity, { run }] of this.#people) {
      if (run === 0) return this.#people.delete(identity);
    }
    return false;
  }

  /** A person left. Who comes back under this name may use another client. */
  remove(identity: string): void {
    const person = this.#people.get(identity);
    if (person) person.run = Math.min(person.run, 1);
  }

  /** True when `judge` knows everybody's mark under this key; if not, await `learn` first. */
  knows(key: FrameKey): boolean {
    return this.#marks.get(key)?.version === this.#version;
  }

  async learn(key: FrameKey): Promise<void> {
    const version = this.#version;
    const known = this.#marks.get(key)?.of;
    const of = new Map<string, number>();
    for (const identity of [...this.#people.keys()]) {
      of.set(identity, known?.get(identity) ?? (await markOf(key, identity)));
    }
    this.#marks.set(key, { version, of, all: new Set(of.values()) });
  }

  judge(key: FrameKey, iv: Uint8Array, identity: string): Origin {
    const parts = readIv(iv);
    const marks = this.#marks.get(key);
    if (!parts || !marks) return 'foreign';
    if (marks.of.get(identity) === parts.mark) return 'own';
    return marks.all.has(parts.mark) ? 'other' : 'foreign';
  }

  /** Whether a frame of this origin may be taken as this person's. */
  allows(origin: Origin, identity: string): boolean {
    return origin === 'own' || (origin === 'foreign' && (this.#people.get(identity)?.run ?? 0) < RUN);
  }

  /** An own frame was authenticated. */
  note(iv: Uint8Array, identity: string): void {
    const person = this.#people.get(identity);
    const session = readIv(iv)?.session;
    if (!person || session === undefined || person.run >= RUN) return;
    person.run = person.session === session ? person.run + 1 : 1;
    person.session = session;
  }
}

/**
 * Whether what was authenticated may be used: it comes from the person it is said to come from, and for the first time.
 * `unverified` is what clients of other makers send: it was made with the key, but perhaps by somebody else.
 */
export async function admit(
  iv: Uint8Array,
  key: FrameKey,
  identity: string,
  senders: Senders,
  guard: ReplayGuard,
): Promise<'verified' | 'unverified' | 'sender' | 'replay'> {
  while (!senders.knows(key)) await senders.learn(key);
  const origin = senders.judge(key, iv, identity);
  if (!senders.allows(origin, identity)) return 'sender';
  if (!guard.commit(iv, origin === 'own', key)) return 'replay';
  if (origin !== 'own' || !key.marks) return 'unverified';
  senders.note(iv, identity);
  return 'verified';
}
