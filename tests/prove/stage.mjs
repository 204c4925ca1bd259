// SPDX-License-Identifier: Apache-2.0
// A hostile server that carries out one attack, people who publish, and one viewer for each page under test: ours as it is,
// and those without a guard. All viewers are in the same room, so all of them face the very same attack.
import { randomBytes } from 'node:crypto';
import { Ours } from '../interop/lib/ours.mjs';
import { Server } from '../interop/lib/server.mjs';
import { until } from '../interop/lib/tap.mjs';
import { makeEncrypted, roomName } from '../interop/lib/tokens.mjs';
import { filesOf, Front } from './front.mjs';

/** Runs in a viewer's page: notes all that is decoded, by person, and what the key worker says of the frames that came. */
function takeNotes() {
  const { room, keys } = window.connectionTest;
  const notes = { pipes: {}, videos: {} };
  const middle = async (frame) => {
    const { width, height } = frame.visibleRect;
    const bytes = new Uint8Array(frame.allocationSize());
    const [, u, v] = await frame.copyTo(bytes);
    const at = ({ offset, stride }) => bytes[offset + Math.floor(height / 4) * stride + Math.floor(width / 4)];
    return u && v ? [at(u), at(v)] : null;
  };
  const look = async (track, identity) => {
    const seen = (notes.videos[identity] ??= { frames: 0, magenta: 0, u: 0, v: 0 });
    const reader = new MediaStreamTrackProcessor({ track: track.clone() }).readable.getReader();
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      const colour = next.value.format === 'I420' ? await middle(next.value) : null;
      next.value.close();
      seen.frames++;
      if (!colour) continue;
      [seen.u, seen.v] = colour;
      if (seen.u > 190 && seen.v > 190) seen.magenta++;
    }
  };
  room.on('trackSubscribed', (track, _publication, { identity }) => {
    if (track.kind === 'video') void look(track.mediaStreamTrack, identity);
  });
  keys.listen((message) => {
    if (message.kind !== 'counts') return;
    for (const { pipe, ok, dropped, reason } of message.pipes) {
      const one = (notes.pipes[pipe] ??= { ok: 0, dropped: 0, reasons: {} });
      one.ok += ok;
      one.dropped += dropped;
      if (reason) one.reasons[reason] = (one.reasons[reason] ?? 0) + dropped;
    }
  });
  window.notes = notes;
}

/** Few at a time: each has a process of its own to start. */
const AT_ONCE = 3;

export async function inTurns(list, act) {
  const results = [];
  for (let i = 0; i < list.length; i += AT_ONCE) results.push(...(await Promise.all(list.slice(i, i + AT_ONCE).map((one, j) => act(one, i + j)))));
  return results;
}

/** What a viewer's page shows, and what came through it. */
function readPage(identity) {
  const text = (selector) => document.querySelector(selector)?.textContent ?? '';
  const tile = `[data-identity="${identity}"]`;
  return {
    words: text(`${tile} .state`).replace(/^ · /, ''),
    playing: document.querySelectorAll(`${tile} [data-sid]`).length,
    refused: text('#refused'),
    pipes: Object.values(window.notes.pipes),
    video: window.notes.videos[identity] ?? { frames: 0, magenta: 0, u: 0, v: 0 },
    messages: window.meeting.received().map((one) => one.text),
  };
}

export class Stage {
  viewers = [];
  publishers = [];
  #fronts = [];

  /** @param pages folders of built pages by name */
  constructor(program, attack, pages) {
    this.attack = attack;
    this.pages = pages;
    this.key = randomBytes(32).toString('base64url');
    this.room = roomName(attack);
    this.server = new Server({ program, env: { BEDRUD_EVIL: attack }, own: true });
  }

  async start() {
    await this.server.start();
    await makeEncrypted(this.server, this.room);
  }

  /** How often the attack was carried out. */
  get carriedOut() {
    return this.server.log.split(`"detail":"${this.attack}"`).length - 1;
  }

  /** Opens every page; nobody joins. */
  async open() {
    this.viewers = await inTurns(Object.entries(this.pages), async ([name, folder], i) => {
      const front = await new Front(this.server, filesOf(folder)).start();
      this.#fronts.push(front);
      return { name, ours: await Ours.open(front, this.room, `viewer-${i}`, { key: this.key }) };
    });
  }

  /** All pages enter, and then publishers with the server's own page. */
  async enter(publishers) {
    await this.open();
    await inTurns(this.viewers, async ({ ours }) => {
      await ours.enter();
      await ours.page.evaluate(takeNotes);
    });
    this.publishers = await Promise.all(publishers.map((name) => Ours.join(this.server, this.room, name, { key: this.key })));
  }

  /**
   * Waits for a verdict on each viewer: `judge(view)` gives {refused, seen}, or null as long as there is nothing to say.
   * @param act what is done again and again meanwhile
   */
  async verdicts(identity, judge, { ms = 60000, act = () => undefined } = {}) {
    const verdicts = {};
    let views = {};
    await until(
      `a verdict on each page (${this.attack})`,
      async () => {
        await act();
        for (const { name, ours } of this.viewers) {
          if (verdicts[name]) continue;
          views[name] = await ours.page.evaluate(readPage, identity);
          verdicts[name] = judge(views[name]);
        }
        return this.viewers.every(({ name }) => verdicts[name]);
      },
      ms,
    ).catch((error) => {
      const open = Object.fromEntries(Object.entries(views).filter(([name]) => !verdicts[name]));
      throw new Error(`${error.message}; carried out ${this.carriedOut} times; ${JSON.stringify(open)}`);
    });
    return verdicts;
  }

  async end() {
    for (const front of this.#fronts) front.end();
    await this.server.end();
  }
}
