// SPDX-License-Identifier: Apache-2.0
// What tests ask of a client, whichever SDK it is made with. `native.mjs` and `browser.mjs` say how each does it:
//   view(identity)      {sid, name, metadata, attributes, tracks: [{sid, name, kind, source, muted, subscribed, mime}]} or null
//   me()                the same of itself, and `state`
//   events(since)       what happened, in the words of brief.mjs
//   received()          data messages: {text, from, topic, reliable}
//   watch, listen       pictures and sounds of a track, judged by signal-check.mjs
//   stats(identity, kind)  {packets, decoded, width, height} of what comes in
//   letters(), sendText, callEcho   texts by stream, and a call that gives back its payload
//   publishVideo, publishTone, publishSilent, mute, unpublish, subscribe, setQuality, send, changeDetails, simulate, leave
import { check, until } from './tap.mjs';

export class Client {
  constructor(identity) {
    this.identity = identity;
  }

  /** A point in the list of events, for `saw`. */
  async mark() {
    return (await this.events(0)).length;
  }

  async saw(name, { since = 0, who } = {}) {
    const events = await this.events(since);
    return events.find((event) => event.name === name && (who === undefined || event.who === who)) ?? null;
  }

  sees(identity, ms) {
    return until(`${this.identity} sees ${identity}`, () => this.view(identity), ms);
  }

  seesGone(identity, ms) {
    return until(`${this.identity} sees ${identity} leave`, async () => !(await this.view(identity)), ms);
  }

  expects(name, options, ms) {
    return until(`${this.identity}: ${name}`, () => this.saw(name, options), ms);
  }

  /** The subscribed track of somebody: the first of its kind. */
  async track(identity, kind, ms) {
    return until(
      `${this.identity} gets ${kind} of ${identity}`,
      async () => (await this.view(identity))?.tracks.find((one) => one.kind === kind && one.subscribed),
      ms,
    );
  }

  /** The sender's wandering bar on its colour is seen within the time. */
  async seesPattern(identity, { u = 90, v = 180, ms = 20000 } = {}) {
    await this.track(identity, 'video', ms);
    const seen = await this.watch(identity, ms);
    const what = `${this.identity} watches ${identity}: ${JSON.stringify(seen)}`;
    check(seen.moves, `no moving pattern. ${what}`);
    check(Math.abs(seen.u - u) < 16 && Math.abs(seen.v - v) < 16, `the colour is not ${u},${v}. ${what}`);
    return seen;
  }

  async hearsTone(identity, frequency, ms = 20000) {
    await this.track(identity, 'audio', ms);
    const share = await this.listen(identity, frequency, ms);
    check(share >= 0.8, `${this.identity} hears ${share.toFixed(2)} of the energy at ${frequency} Hz from ${identity}`);
  }

  /** The texts of all data messages, when there are `count`. */
  async texts(count, ms) {
    let last = [];
    await until(`${count} messages at ${this.identity}`, async () => (last = await this.received()).length >= count, ms).catch(
      (error) => check(false, `${error.message}; there are ${last.length}`),
    );
    return last.map(({ text }) => text);
  }
}
