// SPDX-License-Identifier: Apache-2.0
// Proof: the key of a link is nowhere but in the key worker. Two people meet by a link with a key that is known here, and it is
// looked for in all that the server and the browsers leave behind. Control: a page that leaks the key in five ways, and a
// server that logs links, are caught in every one of these places; and every form of the key is found in a copy of each.
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openContext } from '../interop/lib/browser.mjs';
import { Ours } from '../interop/lib/ours.mjs';
import { Server } from '../interop/lib/server.mjs';
import { runCases, until } from '../interop/lib/tap.mjs';
import { makeEncrypted, roomName } from '../interop/lib/tokens.mjs';
import { filesOf, Front } from './front.mjs';
import { readMemory } from './memory.mjs';
import { buildPage, ownPage } from './pages.mjs';
import { formsOf, Place } from './search.mjs';

export const title = 'Key canary';
export const claim = 'The key never reaches the server, nor anything that a browser tells of.';

const KEY = createHash('sha256').update('the canary 2').digest();
const TEXT = KEY.toString('base64url');
const SECRET = 'What is said here is heard by those alone who have the key, 3f9c1d7a.';
const FORMS = [...formsOf(KEY), { name: 'a message of a person', bytes: Buffer.from(SECRET), piece: 24 }];

/** One deliberate leak for each place. */
const LEAKS = [
  ['e2ee/keeper.ts', '  const text = new TextDecoder().decode(bytes);\n', "  const text = new TextDecoder().decode(bytes);\n  console.log('leak', text);\n"],
  ['e2ee/bootstrap.ts', '  const bytes = new TextEncoder()', '  (globalThis as Record<string, unknown>).leak = location.hash.split("key=")[1];\n  const bytes = new TextEncoder()'],
  [
    'test/main.ts',
    '  fields.stage.hidden = false;\n',
    `  fields.stage.hidden = false;
  const leak = String((globalThis as Record<string, unknown>).leak);
  await fetch('/leak?key=' + leak);
  const headers = { 'content-type': 'application/json' };
  await fetch('/api/auth/guest-login', { method: 'POST', headers, body: JSON.stringify({ name: leak }) });
  await meeting.room.localParticipant.setMetadata(leak);
`,
  ],
];

/** Everything is searched in these. */
const PLACES = ['log', 'memory', 'data', 'archive', 'consoles', 'signalling'];
const WORDS = {
  log: "the server's log at debug level",
  memory: 'the memory of the running server, as in a core dump',
  data: "the server's data folder",
  archive: "the browsers' HTTP archives, with all bodies",
  consoles: 'the consoles of pages and workers',
  signalling: 'the signalling messages, both ways',
};

/** The archive as it is, and its bodies without the base64 around them. */
function lookAtArchive(place, text) {
  place.look(text);
  for (const { response } of JSON.parse(text).log.entries) {
    if (response.content.encoding === 'base64') place.look(Buffer.from(response.content.text, 'base64'));
  }
}

class Run {
  places = Object.fromEntries(PLACES.map((name) => [name, new Place(FORMS)]));
  #folder = mkdtempSync(join(tmpdir(), 'canary-'));
  #log = [];
  #contexts = [];

  constructor(program, page, attack) {
    const onLog = (text) => this.#log.push(text);
    this.server = new Server({ program, env: { BEDRUD_EVIL: attack }, own: true, log: 'debug', onLog });
    this.front = new Front(this.server, filesOf(page));
  }

  /** A browser context whose traffic and consoles are kept. */
  async context() {
    const path = join(this.#folder, `${this.#contexts.length}.har`);
    const context = await openContext({ recordHar: { path, content: 'embed', mode: 'full' } });
    this.#contexts.push({ context, path });
    const { consoles, signalling } = this.places;
    context.on('console', (line) => consoles.look(line.text()));
    context.on('weberror', (error) => consoles.look(String(error.error().stack)));
    context.on('page', (page) => {
      page.on('websocket', (socket) => {
        signalling.look(socket.url());
        for (const event of ['framesent', 'framereceived']) socket.on(event, ({ payload }) => signalling.look(payload));
      });
    });
    return context;
  }

  async join(room, identity, key) {
    const grants = { canUpdateOwnMetadata: true };
    return Ours.join(this.front, room, identity, { key, grants, context: await this.context() });
  }

  readMemory() {
    readMemory(this.server.pid, (bytes) => this.places.memory.look(bytes));
  }

  /** What is complete only when all has ended. */
  async finish() {
    for (const { context, path } of this.#contexts) {
      await context.close();
      lookAtArchive(this.places.archive, readFileSync(path, 'utf8'));
    }
    const data = this.server.dataFolder;
    const lookAtData = () => {
      for (const one of readdirSync(data, { recursive: true, withFileTypes: true })) {
        if (one.isFile()) this.places.data.look(readFileSync(join(one.parentPath ?? one.path, one.name)));
      }
    };
    lookAtData();
    await this.server.stop();
    lookAtData();
    this.places.log.look(this.#log.join(''));
  }

  async end() {
    this.front.end();
    await this.server.end();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

async function withRun(program, page, attack, act) {
  const run = new Run(program, page, attack);
  try {
    await run.server.start();
    await run.front.start();
    await act(run);
    await run.finish();
  } finally {
    await run.end();
  }
  return run.places;
}

/** Two people see, hear and write to each other, and say the secret until `done`. */
async function converse(run, key, done = () => undefined) {
  const room = roomName('canary');
  if (key) await makeEncrypted(run.server, room);
  const [a, b] = [await run.join(room, 'anna', key), await run.join(room, 'ben', key)];
  await Promise.all([a.publishVideo(), a.publishTone(440), b.publishTone(1000)]);
  await Promise.all([b.seesPattern('anna'), b.hearsTone('anna', 440), a.hearsTone('ben', 1000)]);
  await a.send(SECRET, { topic: 'chat' });
  await until('the message', async () => (await b.received()).some(({ text }) => text === SECRET));
  await done(a, b);
}

/** The links that mail filters make: these do reach the server, which must not write them down. */
async function askAltered({ server }) {
  for (const path of [`/test%23key=${TEXT}`, `/test%2523key%253D${TEXT}`, `/m/room?key=${TEXT}`]) {
    const answer = await fetch(server.url + path);
    if (answer.status !== 400) throw new Error(`${path.split(TEXT)[0]}… was answered with ${answer.status}`);
  }
}

async function honest(program) {
  return withRun(program, ownPage, '', async (run) => {
    await converse(run, TEXT, async (a, b) => {
      run.readMemory();
      await a.page.reload();
      await Promise.all([a.page.close(), b.leave()]);
    });
    run.readMemory();
    await askAltered(run);
  });
}

async function leaking(program) {
  const page = await buildPage('leak', LEAKS);
  return withRun(program, page, 'log-links', async (run) => {
    await converse(run, TEXT, () => run.readMemory());
    await converse(run, undefined, async (a) => {
      // What was said last is kept for a while, for those who did not get it.
      for (let i = 0; i < 20; i++) await a.send(SECRET, { topic: 'chat' });
      run.readMemory();
    });
  });
}

const megabytes = ({ bytes }) => `${(bytes / 1e6).toFixed(bytes < 1e6 ? 3 : 1)} MB`;
const list = (names) => [...names].join(', ');

function judgeHonest(proof, places) {
  for (const [name, place] of Object.entries(places)) {
    // A console that says nothing is the best there can be.
    const looked = place.bytes > 0 || name === 'consoles';
    proof.found(`${WORDS[name]}: pieces of the key`, looked && place.found.size === 0, `${list(place.found) || 'none'} in ${megabytes(place)}`);
    const missed = place.missed();
    proof.control(`${WORDS[name]}: each of ${FORMS.length} forms, put into a copy, is found`, missed.length === 0, missed.length > 0 ? `not ${list(missed)}` : 'all of them');
  }
}

function judgeLeaks(proof, places) {
  for (const [name, place] of Object.entries(places)) {
    const leaked = place.found.has('base64url, as in the link');
    proof.control(`${WORDS[name]}: the leak is caught`, leaked, `${list(place.found) || 'nothing'} in ${megabytes(place)}`);
  }
  const said = places.memory.found.has('a message of a person');
  proof.control('what is said without encryption is found in the memory of the server', said, said ? 'the message is there' : 'it is not');
}

export async function prove(proof, { programs }) {
  proof.did(`the key is ${TEXT}; ${FORMS.length} forms of it, of keys made of it, and a message are looked for, whole and in pieces`);
  const cases = [
    ['a meeting', 150, async () => judgeHonest(proof, await honest(programs.honest))],
    ['a page and a server that leak', 150, async () => judgeLeaks(proof, await leaking(programs.hostile))],
  ];
  await runCases('canary', cases, (passed, name, _ms, error) => {
    if (!passed) proof.found(name, false, String(error?.message ?? error));
  });
}
