// SPDX-License-Identifier: Apache-2.0
// Keys on the server's own page: where they come from, who gets a new one, what is kept and what is not, and when the page
// stops instead of joining.
import { DataPacket_Kind } from 'livekit-server-sdk';
import { crash } from '../lib/acts.mjs';
import { Browser, openContext } from '../lib/browser.mjs';
import { Native } from '../lib/native.mjs';
import { Ours } from '../lib/ours.mjs';
import { KEY, makeRoom, pair } from '../lib/pairs.mjs';
import { seamless } from '../lib/seamless.mjs';
import { check, equal, until } from '../lib/tap.mjs';
import { roomName, rooms } from '../lib/tokens.mjs';

export { end } from '../lib/pairs.mjs';

const OURS = ['ours and ours', Ours, Ours];
const meet = (server, options) => pair(server, OURS, { key: KEY, ...options });

/** The key's characters in any of the forms a program might write them in. */
function formsOf(key) {
  const bytes = Buffer.from(key, 'base64url');
  return [key, bytes.toString('base64'), bytes.toString('hex'), encodeURIComponent(bytes.toString('base64'))];
}

/** Every string that script of the page can reach, a few steps from the window. */
const reachable = (page) =>
  page.evaluate(() => {
    const seen = new Set();
    const found = [];
    const walk = (object, depth) => {
      if (depth > 6 || object === null || !['object', 'function'].includes(typeof object) || seen.has(object)) return;
      seen.add(object);
      for (let level = object; level && level !== Object.prototype; level = Object.getPrototypeOf(level)) {
        for (const name of Reflect.ownKeys(level)) {
          let value;
          try {
            value = object[name];
          } catch {
            continue;
          }
          // Getters of promises reject when they are asked of a prototype.
          if (value instanceof Promise) value.catch(() => {});
          if (typeof value === 'string') found.push(value);
          else if (value instanceof Uint8Array || value instanceof ArrayBuffer) {
            found.push([...new Uint8Array(value.buffer ?? value)].map((byte) => byte.toString(16).padStart(2, '0')).join(''));
          } else walk(value, depth + 1);
        }
      }
    };
    walk(window, 0);
    for (const entry of performance.getEntries()) found.push(JSON.stringify(entry), entry.name);
    for (const store of [localStorage, sessionStorage]) found.push(JSON.stringify({ ...store }));
    found.push(document.documentElement.outerHTML, document.cookie, location.href, document.URL, document.baseURI);
    return found.join('\n');
  });

/** From the first request to the last, and in all that the page can see. */
async function fragmentIsGone(server) {
  const room = await makeRoom(server, 'fragment', KEY);
  const context = await openContext();
  const wire = [];
  context.on('request', (one) => wire.push(one.url(), JSON.stringify(one.headers()), one.postData() ?? ''));
  context.on('page', (page) => {
    page.on('websocket', (socket) => {
      wire.push(socket.url());
      for (const way of ['framesent', 'framereceived']) socket.on(way, ({ payload }) => wire.push(Buffer.from(payload).toString('latin1')));
    });
    page.on('console', (line) => wire.push(line.text()));
  });
  const a = await Ours.join(server, room, 'anna', { key: KEY, context });
  const b = await Ours.join(server, room, 'ben', { key: KEY });
  await Promise.all([a.publishVideo(), b.publishTone(440)]);
  await Promise.all([b.seesPattern('anna'), a.hearsTone('ben', 440)]);
  equal(a.page.url(), `${server.url}/test`, 'the address');
  const [sent, seen] = [wire.join('\n'), await reachable(a.page)];
  check(sent.includes('/test') && sent.includes('/rtc'), 'the requests were recorded');
  check(seen.includes(a.token), 'what the page can reach was found');
  for (const form of formsOf(KEY)) {
    check(!sent.includes(form), `the key was sent: ${form}`);
    check(!seen.includes(form), `the page can reach the key: ${form}`);
    check(!server.log.includes(form), `the server wrote the key down: ${form}`);
  }
  await a.page.goBack().catch(() => null);
  check(!a.page.url().includes('key='), 'the history has the key');
}

async function reload(server) {
  const { a, b } = await meet(server, { anna: { bits: 256 }, ben: { bits: 256 } });
  await b.publishTone(440);
  await a.hearsTone('ben', 440);
  const fingerprint = JSON.stringify((await a.key()).fingerprint);
  await a.reload();
  equal((await a.key()).status, 'none', 'the key before the room is known');
  await a.enter();
  const key = await a.key();
  equal([key.status, key.bits, JSON.stringify(key.fingerprint)], ['ready', 256, fingerprint], 'the key after the reload');
  await a.hearsTone('ben', 440);
}

/** What is in the database of the page's keys. */
const kept = (page) =>
  page.evaluate(async () => {
    const opening = indexedDB.open('bedrud-keys');
    const db = await new Promise((done, fail) => {
      opening.onsuccess = () => done(opening.result);
      opening.onerror = () => fail(opening.error);
    });
    const all = {};
    for (const shelf of db.objectStoreNames) {
      const request = db.transaction(shelf).objectStore(shelf).getAllKeys();
      await new Promise((done) => (request.onsuccess = done));
      all[shelf] = request.result.length;
    }
    db.close();
    return all;
  });

async function leaveErases(server) {
  const { a } = await meet(server);
  equal(await kept(a.page), { devices: 0, tabs: 1 }, 'kept in the meeting');
  await a.leave();
  equal(await kept(a.page), { devices: 0, tabs: 0 }, 'kept after it');
  equal((await a.key()).status, 'none', 'the key');
  await a.reload();
  await a.stopped('key-missing');
}

async function remember(server) {
  const room = await makeRoom(server, 'weekly', KEY);
  const context = await openContext();
  const a = await Ours.join(server, room, 'anna', { key: KEY, context });
  await a.page.check('#remember');
  await until('it is kept', async () => (await kept(a.page)).devices === 1);
  await a.leave();
  const again = await Ours.open(server, room, 'anna', { context });
  const keys = (act, ...args) => again.page.evaluate(([name, list]) => window.connectionTest.keys[name](...list), [act, args]);
  equal((await keys('remembered')).map((one) => one.room), [room], 'remembered rooms');
  await keys('enter', room);
  equal(await keys('recall'), true, 'recalled');
  await again.enter();
  equal(await again.keyText(), KEY, 'the key');
  await keys('forget', room);
  equal(await keys('remembered'), [], 'remembered rooms');
}

/** In one browser, at the same time; the second tab is a duplicate of the first one's session. */
async function twoTabs(server) {
  const context = await openContext();
  const other = await makeRoom(server, 'other', KEY);
  const one = await Ours.join(server, await makeRoom(server, 'one', KEY), 'anna', { key: KEY, context });
  const two = await Ours.open(server, other, 'anna', { context });
  const tab = await one.page.evaluate(() => sessionStorage.getItem('bedrud-tab'));
  await two.page.evaluate((name) => sessionStorage.setItem('bedrud-tab', name), tab);
  await two.enter({ make: 128 });
  check((await two.page.evaluate(() => sessionStorage.getItem('bedrud-tab'))) !== tab, 'the second tab has a name of its own');
  check((await two.keyText()) !== KEY, 'and a key of its own');
  await two.leave();
  await one.reload();
  await one.enter();
  equal(await one.keyText(), KEY, 'the key of the first tab');
}

/** Everybody goes over; who has the old link is told, who has the new one joins, whichever client that is. */
async function rotation(server) {
  const { room, a, b } = await meet(server);
  const c = await Ours.join(server, room, 'cleo', { key: KEY });
  await Promise.all([a.publishVideo(), b.publishTone(440)]);
  await Promise.all([b.seesPattern('anna'), a.hearsTone('ben', 440), c.hearsTone('ben', 440)]);
  await a.page.click('#rotate');
  await Promise.all([a, b, c].map((one) => one.epoch(1)));
  const fresh = await a.keyText();
  check(fresh !== KEY, 'the key is another');
  equal(await Promise.all([b.keyText(), c.keyText()]), [fresh, fresh], 'keys');
  check(await b.said('New key in use, by anna'), 'the page says whose it is');
  const late = await Ours.join(server, room, 'late', { key: KEY });
  await until('the late comer is told', () => late.said('Your link is old'), 20000);
  await Promise.all([b.seesPattern('anna'), c.hearsTone('ben', 440)]);
  const [native, newcomer] = await Promise.all([
    Native.join(server, room, 'nora', { key: fresh }),
    Ours.join(server, room, 'dora', { key: fresh }),
  ]);
  await native.publishTone(1000);
  // From twenty seconds after the switch on, frames are where clients of other makers look for them.
  await Promise.all([native.seesPattern('anna', { ms: 40000 }), newcomer.seesPattern('anna', { ms: 40000 }), c.hearsTone('nora', 1000)]);
  await a.encrypted('ben');
  await late.page.evaluate((key) => window.connectionTest.keys.paste(key), fresh);
  await late.seesPattern('anna');
}

async function hosts(server) {
  const room = await makeRoom(server, 'hosts', KEY);
  const a = await Ours.join(server, room, 'anna', { key: KEY, token: { attributes: { role: 'owner' } } });
  const b = await Ours.join(server, room, 'ben', { key: KEY });
  await Promise.all([a.sees('ben'), b.sees('anna')]);
  equal(await b.rotate(), false, 'a new key by somebody who is no host');
  equal(await a.rotate(), true, 'a new key by the host');
  await Promise.all([a.epoch(1), b.epoch(1)]);
}

/** What the server holds of a page whose worker is gone: not one frame more, encrypted or clear. */
async function crashSilence(server) {
  const { room, a, b } = await meet(server);
  const c = await Ours.join(server, room, 'cleo', { key: KEY });
  await Promise.all([a.publishVideo(), a.publishTone(440), c.publishTone(1000)]);
  await Promise.all([b.seesPattern('anna'), b.hearsTone('anna', 440), b.hearsTone('cleo', 1000)]);
  await a.page.evaluate(() => {
    const { keys } = window.connectionTest;
    keys.restart = async () => new Promise(() => {}); // it stays as it is
    keys.rawWorker.terminate();
  });
  await until('the worker is missed', () => a.page.evaluate(() => window.connectionTest.keys.life === 'gone'), 30000);
  const count = async () => (await b.stats('anna', 'audio')).packets + (await b.stats('anna', 'video')).packets;
  const sent = () =>
    a.page.evaluate(async () => {
      const { publisher } = window.connectionTest.room.engine.pcManager;
      const report = await publisher.getStats();
      return [...report.values()].filter(({ type }) => type === 'outbound-rtp').reduce((sum, { bytesSent }) => sum + bytesSent, 0);
    });
  const before = [await count(), await sent()];
  const { packets } = await b.stats('cleo', 'audio');
  await until('150 packets of somebody else', async () => (await b.stats('cleo', 'audio')).packets > packets + 150, 30000);
  equal([await count(), await sent()], before, 'packets and bytes since then');
}

async function stops(server) {
  const encrypted = await makeRoom(server, 'stops', KEY);
  const clear = roomName('clear');
  await rooms(server).createRoom({ name: clear, metadata: JSON.stringify({ e2ee: false }) });
  const people = async (room) => (await rooms(server).listParticipants(room)).map((one) => one.identity);
  const b = await Browser.join(server, clear, 'ben');
  const cases = [
    [encrypted, { key: KEY.slice(0, -1) }, 'damaged', 'This link is damaged'],
    [encrypted, { key: `${KEY}A` }, 'damaged', 'This link is damaged'],
    [encrypted, {}, 'key-missing', 'This room needs its key'],
    [clear, { key: KEY }, 'server-disagrees', 'the server says the room is not encrypted'],
  ];
  for (const [room, options, why, words] of cases) {
    const a = await Ours.open(server, room, 'anna', options);
    await a.stopped(why);
    await a.page.click('#go');
    await until(words, () => a.said(words));
    check(await a.page.isHidden('#stage'), 'the page has not joined');
  }
  await until('nobody has stayed', async () => JSON.stringify([await people(encrypted), await people(clear)]) === '[[],["ben"]]');
  equal(await b.view('anna'), null, 'anna');
}

async function laterDisagreement(server) {
  const room = roomName('later');
  const a = await Ours.join(server, room, 'anna', { key: KEY });
  await a.publishTone(440);
  await rooms(server).updateRoomMetadata(room, JSON.stringify({ e2ee: false }));
  await until('anna stops', () => a.said('the server says the room is not encrypted'));
  await until('and has left', async () => (await a.me()).state === 'disconnected');
}

async function cannot(server) {
  const room = await makeRoom(server, 'cannot', KEY);
  const script = () => {
    delete RTCRtpSender.prototype.createEncodedStreams;
    delete window.RTCRtpScriptTransform;
  };
  const a = await Ours.open(server, room, 'anna', { key: KEY, script });
  await a.stopped('cannot');
  await a.page.click('#go');
  await until('the page says so', () => a.said('This browser cannot encrypt (encoded-transforms)'));
  equal((await rooms(server).listParticipants(room)).length, 0, 'people');
}

async function serverData(server) {
  const room = roomName('notices');
  const a = await Ours.join(server, room, 'anna', { key: KEY });
  const send = (topic) => rooms(server).sendData(room, Buffer.from('hello'), DataPacket_Kind.RELIABLE, { topic });
  await send('chat');
  await send('system');
  await until('the notice', () => a.page.evaluate(() => window.connectionTest.notices.join() === 'hello'));
  equal(await a.received(), [], 'what reached the room');
  equal((await a.refused())['clear-packet'], 1, 'refused');
}

async function files(server) {
  const { a, b } = await meet(server);
  const { ticket, pieces } = await a.page.evaluate(async () => {
    const { keys } = window.connectionTest;
    const content = Uint8Array.from({ length: 150_000 }, (_, i) => i % 251);
    const made = await keys.makeFile(content.length);
    const sealed = [];
    for (let i = 0; i < made.pieces; i++) {
      const slice = content.slice(i * 65_536, (i + 1) * 65_536).buffer;
      sealed.push([...(await keys.sealPiece(made.file, i, slice))]);
    }
    return { ticket: made.ticket, pieces: sealed };
  });
  const right = await b.page.evaluate(
    async ([text, sealed]) => {
      const { keys } = window.connectionTest;
      const { file, size } = await keys.takeFile(text);
      let at = 0;
      for (const [i, piece] of sealed.entries()) {
        for (const byte of await keys.openPiece(file, i, Uint8Array.from(piece).buffer)) if (byte !== at++ % 251) return false;
      }
      return at === size;
    },
    [ticket, pieces],
  );
  check(right, 'the file is the same');
}

/** The bitmap that the worker drew, and the link that the click gives. */
async function sharing(server) {
  const room = await makeRoom(server, 'sharing', KEY);
  const context = await openContext();
  await context.grantPermissions(['clipboard-read', 'clipboard-write', 'camera', 'microphone']);
  const a = await Ours.join(server, room, 'anna', { make: 128, context });
  await a.page.click('#copy');
  const link = await until('the link', () => a.page.evaluate(() => navigator.clipboard.readText()));
  equal(link, `${server.url}/test#key=${await a.keyText()}`, 'the link');
  await a.page.click('#show');
  await until('the QR code', () => a.page.evaluate(() => document.getElementById('qr').width > 20));
  const b = await Ours.open(server, room, 'ben');
  await b.page.check('#e2ee');
  await b.page.fill('#key', link);
  await b.page.click('#go');
  await until('ben has joined', () => b.page.isVisible('#stage'), 20000);
  equal(await b.keyText(), await a.keyText(), 'keys');
}

/** A link in the address bar of a page that is open. */
async function pastedIntoAddress(server) {
  const room = await makeRoom(server, 'pasted', KEY);
  const a = await Ours.open(server, room, 'anna');
  await a.page.evaluate((key) => (location.hash = `key=${key}`), KEY);
  await until('the key is taken', async () => (await a.key()).status === 'ready');
  equal(a.page.url(), `${server.url}/test`, 'the address');
  await a.enter();
  await a.page.evaluate(() => (location.hash = 'key=damaged'));
  await until('the address is clean', () => a.page.url() === `${server.url}/test`);
  equal([(await a.key()).status, await a.keyText()], ['ready', KEY], 'the key in use');
}

export const cases = (server) => [
  ['the fragment is gone, and was never sent', 60, () => fragmentIsGone(server)],
  ['a reload keeps the key', 60, () => reload(server)],
  ['leaving erases it', 60, () => leaveErases(server)],
  ['a key is remembered on the device when asked for', 60, () => remember(server)],
  ['two tabs do not mix', 60, () => twoTabs(server)],
  ['a link in the address bar of an open page', 60, () => pastedIntoAddress(server)],
  ['link and QR code', 60, () => sharing(server)],
  ['a new key', 150, () => rotation(server)],
  ['a new key costs no picture', 120, () => seamless(server, OURS)],
  ['a new key at 5 % loss', 150, () => seamless(server, OURS, 0.05)],
  ['a new key comes from a host', 60, () => hosts(server)],
  ['the worker is lost, and comes back with the key', 120, () => crash(server, OURS, true)],
  ['the worker is lost, and the key with it', 90, () => crash(server, OURS, false)],
  ['nothing is sent without the worker', 90, () => crashSilence(server)],
  ['the page stops instead of joining', 120, () => stops(server)],
  ['the page stops when the server changes its mind', 60, () => laterDisagreement(server)],
  ['a browser that cannot encrypt does not join', 60, () => cannot(server)],
  ["the server's own packets only notify", 60, () => serverData(server)],
  ['files', 60, () => files(server)],
];
