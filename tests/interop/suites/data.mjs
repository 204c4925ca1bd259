// SPDX-License-Identifier: Apache-2.0
// Messages: sizes, addressees, streams, calls, channels of other names. Order and loss are in meeting.mjs and reconnect.mjs.
import { Browser } from '../lib/browser.mjs';
import { Native } from '../lib/native.mjs';
import { everyPair, makeRoom, MODES, pair } from '../lib/pairs.mjs';
import { check, equal, refused, sleep, until } from '../lib/tap.mjs';
import { roomName } from '../lib/tokens.mjs';

export { end } from '../lib/pairs.mjs';

const CLEAR = MODES.slice(0, 1);

/** 60,000 bytes arrive; 300,000 are refused by the client itself, and the channel goes on. */
async function sizes(server, pairing, key) {
  const { a, b } = await pair(server, pairing, { key });
  for (const [from, to] of [[a, b], [b, a]]) {
    const large = Array.from({ length: 6000 }, (_, i) => String(i).padStart(10)).join('');
    await from.send(large);
    check((await to.texts(1))[0] === large, 'a large message arrives as it was');
    await refused('a message of 300,000 bytes', from.send('x'.repeat(300000)));
    await from.send('still here');
    equal((await to.texts(2))[1], 'still here', 'the message after it');
  }
}

/** Seven megabytes as fast as the sender's client takes them: the reader is not lost over it. */
async function burst(server, pairing, key) {
  const { a, b } = await pair(server, pairing, { key });
  const since = await b.mark();
  const sent = Array.from({ length: 120 }, (_, i) => String(i));
  for (const text of sent) await a.send(text.padEnd(60000, '.'));
  const got = await b.texts(sent.length, 60000);
  equal(got.map((text) => text.replaceAll('.', '')), sent, 'messages');
  equal(await b.saw('reconnecting', { since }), null, 'ben reconnects');
}

async function addressees(server, pairing, key) {
  const { room, a, b } = await pair(server, pairing, { key });
  const c = await pairing[1].join(server, room, 'cleo', { key });
  await Promise.all([a.sees('cleo'), c.sees('anna')]);
  await a.send('for ben', { to: ['ben'] });
  await a.send('for all');
  equal(await b.texts(2), ['for ben', 'for all'], 'messages at ben');
  // Under encryption the server cannot know whom a message is for.
  if (!key) equal(await c.texts(1), ['for all'], 'messages at cleo');
}

/** What SDKs build upon messages. */
async function streams(server, pairing, key) {
  const { a, b } = await pair(server, pairing, { key });
  for (const [from, to] of [[a, b], [b, a]]) {
    const text = `dear ${to.identity}, ${'a long letter. '.repeat(8000)}`;
    await from.sendText(text);
    const got = await until('the text', async () => (await to.letters())[0], 20000);
    check(got.from === from.identity && got.text === text, `a letter of ${got.text.length} characters from ${got.from}`);
    const payload = 'q'.repeat(20000);
    equal(await from.callEcho(to.identity, payload), payload, 'the answer to a call');
  }
}

async function forbidden(server, [, Anna, Ben]) {
  const room = roomName('mute');
  const a = await Anna.join(server, room, 'anna', { grants: { canPublishData: false } });
  const b = await Ben.join(server, room, 'ben');
  await Promise.all([a.sees('ben'), b.sees('anna')]);
  await a.send('not allowed').catch(() => {});
  const c = await Ben.join(server, room, 'cleo');
  await c.sees('ben');
  // Anna's tone comes after her message; when it is there, so would the message be.
  await a.publishTone(440);
  await b.hearsTone('anna', 440);
  await c.send('allowed');
  equal(await b.texts(1), ['allowed'], 'messages');
}

/** Runs in the page: keeps the connection that the SDK makes channels on. */
function keepConnection() {
  const { createDataChannel } = RTCPeerConnection.prototype;
  RTCPeerConnection.prototype.createDataChannel = function create(...args) {
    window.publisherConnection = this;
    return createDataChannel.apply(this, args);
  };
}

async function sendOnOther(browser, text) {
  await browser.page.evaluate(async (what) => {
    const channel = window.publisherConnection.createDataChannel('extra');
    await new Promise((done) => (channel.onopen = done));
    channel.send(what);
  }, text);
}

/** A channel of any other name: a user's packet, without sender and topic. */
async function otherChannel(server, Viewer) {
  const room = roomName('other');
  const a = await Browser.join(server, room, 'anna', { script: keepConnection });
  const b = await Viewer.join(server, room, 'ben');
  await Promise.all([a.sees('ben'), b.sees('anna')]);
  await a.send('first');
  await b.texts(1);
  await sendOnOther(a, 'by another way');
  await b.texts(2);
  const { text, topic } = (await b.received())[1];
  equal([text, topic], ['by another way', ''], 'text and topic');
}

/** In an encrypted room what is not encrypted goes nowhere. */
async function clearData(server) {
  const [, [, key]] = MODES;
  const room = await makeRoom(server, 'clear', key);
  const a = await Browser.join(server, room, 'anna', { script: keepConnection, key });
  const b = await Native.join(server, room, 'ben', { key });
  const c = await Native.join(server, room, 'cleo');
  await Promise.all([a, b, c].map(async (one) => one.sees(one === a ? 'cleo' : 'anna')));
  await a.send('first');
  await b.texts(1);
  await sendOnOther(a, 'in clear by another channel');
  await c.send('in clear');
  await sleep(300); // so that it would be there before the last one
  await a.send('last');
  equal(await b.texts(2), ['first', 'last'], 'messages at ben');
}

export const cases = (server) => [
  ...everyPair(server, 'sizes', 60, sizes),
  ...everyPair(server, 'a burst', 120, burst),
  ...everyPair(server, 'addressees', 40, addressees),
  ...everyPair(server, 'streams and calls', 60, streams),
  ...everyPair(server, 'without permission', 60, forbidden, CLEAR),
  ['a channel of another name, read by native', 40, () => otherChannel(server, Native)],
  ['a channel of another name, read by Chromium', 40, () => otherChannel(server, Browser)],
  ['clear messages in an encrypted room', 40, () => clearData(server)],
];
