// SPDX-License-Identifier: Apache-2.0
// Small things people show: a raised hand, a reaction, that they hear nothing. They go as messages, encrypted where the meeting
// is, and each is believed of its sender alone. Whoever comes later is told what holds by those it holds for.
import { type DataMessage } from './Call';
import { Watched } from './Watched';

const TOPIC = 'presence';
/** One message; there is nothing here that needs more. */
const LONGEST = 1024;
const EMOTE_MS = 4000;
const MOST_EMOTES = 24;

export const EMOTES = ['👍', '❤️', '😂', '😮', '😢', '🎉', '🔥', '👀'] as const;

export interface Emote {
  id: number;
  identity: string;
  emoji: string;
}

export interface SignalState {
  /** Who raised a hand, the first one first. */
  hands: readonly string[];
  deaf: ReadonlySet<string>;
  emotes: readonly Emote[];
}

export interface SignalIo {
  self: () => string;
  send: (topic: string, message: object, to?: readonly string[]) => Promise<void>;
}

export class Signals extends Watched<SignalState> {
  #next = 0;

  constructor(private readonly io: SignalIo) {
    super({ hands: [], deaf: new Set(), emotes: [] });
  }

  async raiseHand(raised: boolean): Promise<void> {
    this.#setHand(this.io.self(), raised);
    await this.#send({ type: 'hand_state', raised });
  }

  toggleHand(): Promise<void> {
    return this.raiseHand(!this.state.hands.includes(this.io.self()));
  }

  async emote(emoji: string): Promise<void> {
    this.#show(this.io.self(), emoji);
    await this.#send({ type: 'emote', emoji });
  }

  async tellDeaf(deafened: boolean): Promise<void> {
    const self = this.io.self();
    this.#setDeaf(self, deafened);
    await this.#send({ type: 'deafen_state', identity: self, deafened });
  }

  receive({ payload, topic, from }: DataMessage): void {
    if (topic !== TOPIC || payload.length > LONGEST) return;
    const message = read(payload);
    switch (message?.type) {
      case 'hand_state':
        return this.#setHand(from, message.raised === true);
      case 'deafen_state':
        return this.#setDeaf(from, message.deafened === true);
      case 'emote':
        if (EMOTES.some((one) => one === message.emoji)) this.#show(from, message.emoji as string);
    }
  }

  async onJoined(identity: string): Promise<void> {
    const self = this.io.self();
    if (this.state.hands.includes(self)) await this.#send({ type: 'hand_state', raised: true }, [identity]);
    if (this.state.deaf.has(self))
      await this.#send({ type: 'deafen_state', identity: self, deafened: true }, [identity]);
  }

  onLeft(identity: string): void {
    this.#setHand(identity, false);
    this.#setDeaf(identity, false);
  }

  /** What could not be sent is not worth a word: the next of its kind says the same. */
  async #send(message: object, to?: readonly string[]): Promise<void> {
    await this.io.send(TOPIC, message, to).catch(() => undefined);
  }

  #setHand(identity: string, raised: boolean): void {
    const { hands } = this.state;
    if (hands.includes(identity) === raised) return;
    this.set({ ...this.state, hands: raised ? [...hands, identity] : hands.filter((one) => one !== identity) });
  }

  #setDeaf(identity: string, is: boolean): void {
    const deaf = new Set(this.state.deaf);
    if (is) deaf.add(identity);
    else deaf.delete(identity);
    this.set({ ...this.state, deaf });
  }

  #show(identity: string, emoji: string): void {
    const id = this.#next++;
    this.set({ ...this.state, emotes: [...this.state.emotes, { id, identity, emoji }].slice(-MOST_EMOTES) });
    setTimeout(() => this.set({ ...this.state, emotes: this.state.emotes.filter((one) => one.id !== id) }), EMOTE_MS);
  }
}

function read(payload: Uint8Array): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(payload));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
