// SPDX-License-Identifier: Apache-2.0
// The guards of the browser client that no server can try: each is taken out in turn, and exactly its tests must fail. (Those
// that a hostile server can try are in guards.mjs, and are tried by one.) All tests of the altered file are run.
//   node tests/prove/mutants.mjs [PART-OF-A-GUARD'S-NAME]        prints TAP
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { copyClient, patch, root, run } from './pages.mjs';

/** [guard, file below web/src/e2ee, what is there, what shall be there, the tests that notice] */
const MUTANTS = [
  // ---- what is sent ----
  ['no key, nothing is sent', 'pipeline.ts', "if (!sending) return 'no-key';", 'if (!sending) return new Uint8Array(frame.data);', ['nothing passes > sealed without a key', 'nothing passes > as it came: a frame that may go on never holds its clear bytes']],
  ['a codec nobody named is not sent', 'pipeline.ts', "if (!kind || codec === 'unknown') return 'codec';", "if (!kind || codec === 'unknown') return data;", ['a track > takes the codec from the frame, its payload type or the page, in this order', 'nothing passes > video of a kind that is neither key nor delta']],
  ['what fails is not sent', 'pipeline.ts', "return sealed.length === 0 || this.health.passed(nowMs);\n    } catch {\n      return this.health.refused('internal', nowMs);", "return sealed.length === 0 || this.health.passed(nowMs);\n    } catch {\n      return true;", ['nothing passes > when anything throws']],
  ['what fails is not played', 'pipeline.ts', "return this.health.passed(nowMs);\n    } catch {\n      return this.health.refused('internal', nowMs);", "return this.health.passed(nowMs);\n    } catch {\n      return true;", ['nothing passes > when anything throws']],
  ['a track that is bound to nobody passes nothing', 'pipes.ts', '      pipe.unbound++;\n      return;', '      out.enqueue(frame);\n      return;', ['custody > leaving erases it everywhere', 'media > does not leave before a key and a track are there', 'media > is not opened again after the receiver was given to another track and back']],
  ['a frame of a track that was taken away is dropped', 'pipes.ts', ' && pipe.box === box) out', ') out', ['a frame that was being decrypted when its track was taken away goes nowhere']],
  ['no track without a key', 'keeper.ts', '    await this.#turn;\n    this.#ready();\n', '    await this.#turn;\n', ['media > does not leave before a key and a track are there']],
  ['a sender waits until it is wrapped', 'engine.ts', '        await wrapping;\n', '', ['going out > a sender is given out when it is wrapped, not before', 'going out > a sender that cannot be wrapped sends nothing', 'going out > what is still being wrapped is waited for']],
  ['a sender that is not wrapped sends nothing', 'engine.ts', '        await sender.replaceTrack(null).catch(() => undefined);\n', '', ['going out > a sender that cannot be wrapped sends nothing']],
  ['nothing unwrapped is negotiated', 'engine.ts', '      await this.#stopUnprotected(engine);\n', '', ['going out > what is negotiated for is wrapped, or has no track', 'going out > what is still being wrapped is waited for']],
  ['no AV1', 'engine.ts', "if (options.videoCodec === 'av1')", 'if (false)', ['going out > AV1 and second codecs are not sent']],
  ['no second codec', 'engine.ts', "      throw this.#refuse('codec', 'a track is sent with one codec');", '', ['going out > AV1 and second codecs are not sent']],
  ['tracks are announced as encrypted', 'engine.ts', '      request.encryption = GCM;\n', '', ['going out > a track is announced as encrypted, without RED']],
  ['no RED', 'engine.ts', '      request.disableRed = true;\n', '', ['going out > a track is announced as encrypted, without RED']],
  ['no packet that the SDK sends in clear', 'engine.ts', 'if (NEVER_ENCRYPTED.has((packet as Packet).value?.case))', 'if (false)', ['going out > a packet that the SDK would not encrypt is not sent']],
  ['no data tracks', 'engine.ts', "      throw this.#refuse('clear-send', 'data tracks are not spoken');", '', ['going out > a packet that the SDK would not encrypt is not sent']],
  // ---- what comes in ----
  ['no speakers by data', 'engine.ts', 'case EngineEvent.ActiveSpeakersUpdate:', "case 'never':", ['coming in > speakers by a data packet, and data tracks, are nothing we take']],
  ['no data tracks in', 'engine.ts', "case 'dataTrackPacketReceived':", "case 'never':", ['coming in > speakers by a data packet, and data tracks, are nothing we take']],
  ["a notice is the server's alone", 'engine.ts', "const isNotice = participantIdentity === '' && participantSid === '' && ", 'const isNotice = ', ['coming in > nothing else is a notice: with a sender, under another topic, or endless']],
  ['a notice has its topic', 'engine.ts', ' && value.value?.topic === NOTICE_TOPIC', '', ['coming in > nothing else is a notice: with a sender, under another topic, or endless']],
  ['a notice is short', 'engine.ts', ' && payload.length <= NOTICE_BYTES', '', ['coming in > nothing else is a notice: with a sender, under another topic, or endless']],
  ['what was opened is let in once', 'engine.ts', '    const opened = this.#opened;\n    this.#opened = null;', '    const opened = this.#opened;', ['coming in > it counts once: the next packet is not let through with it']],
  ['each receiver is wrapped', 'engine.ts', '      this.guarded.onReceiver(receiver);\n', '', ['coming in > a receiver is wrapped as soon as there is one']],
  ['messages from the page are read', 'messages.ts', "return isCount(m.id, 2 ** 52) && REQUESTS[m.kind as Request['kind']](m) ? (value as Request) : null;", 'return value as Request;', ['a message > without one of its fields, or with another value there, is not taken for what it is not', 'a message > that is larger than it may be is not taken', 'a message > cannot name an address with a fragment or query to build a link on']],
  // ---- keys ----
  ['a damaged link is not replaced by a new key', 'keeper.ts', "if (this.#status === 'damaged') throw new Refused('damaged');", '', ['a key > that was damaged is never repaired, and no link is made of it']],
  ['a link that is opened does not change the key of a meeting', 'keeper.ts', " || (this.#status === 'ready' && this.#room !== null && !this.#old)", '', ['a key > of a meeting that runs is not changed by a link that somebody opens, only by pasting']],
  ['a key stays in its room', 'keeper.ts', "if (this.#room !== null && this.#room !== room) this.#drop('none');", '', ['custody > a key does not follow into another room']],
  ['bits behind the key are damage', 'key.ts', 'return bits === 0 ? key : wipe(key);', 'return key;', ['key > has no bits behind its last byte']],
  ['one alphabet', 'key.ts', "    if (/[-_]/.test(text)) return 'damaged';\n", '', ['key > does not mix its two alphabets']],
  ['an unknown name is damage', 'link.ts', "    if (name !== 'key' && name !== 'bits' && !others.includes(name)) return { kind: 'damaged' };\n", '', ['link > is damaged: another case', 'link > is damaged: an unknown name', 'link > is damaged: an unknown name alone', 'link > skips names that the page has']],
  ['a name given twice is damage', 'link.ts', "    if (values.has(name)) return { kind: 'damaged' };\n", '', ['link > is damaged: given twice', 'link > is damaged: bits twice']],
  ['only 128 or 256 bits', 'link.ts', "bitsValue === '256' ? 256 : null", '256', ['link > is damaged: other bits', 'link > is damaged: no bits']],
  ['a kept key is of one room', 'custody.ts', 'record && record.room === room && ', 'record && ', ['a record of another room is not taken, whatever name it lies under']],
  ['a kept key dies after a day', 'custody.ts', "(shelf === 'devices' || fresh(record))", 'true', ['a key kept for a tab > is gone after a day, whether it is asked for or swept', 'a key kept for a tab > does not live longer because the clock was set back']],
  ['a tab has a name of its own', 'custody.ts', 'if (await holdLock(locks, tab)) return tab;', 'return tab;', ["a tab's name > is another one in a duplicated tab"]],
  // ---- a new key ----
  ['a new key comes from a host', 'rotate.ts', '    if (!this.io.isHost(from)) return;\n', '', ['a new key > comes from a host only']],
  ['who is no host makes no new key', 'rotate.ts', 'if (this.busy || !this.io.isHost(this.self)) return false;', 'if (this.busy) return false;', ['a new key > comes from a host only']],
  ['a new key goes to whom the host chose', 'rotate.ts', ' || !h.wanted.has(from)) return;\n    if ((h.halfOf', ') return;\n    if ((h.halfOf', ['a new key > is not given to people the host left out, who are told that their link is old']],
  ['the old key is erased', 'rotate.ts', '      this.io.eraseOld();\n', '', ['the old key is erased ten seconds after the switch', 'a new key > comes after the one that a late host did not know of']],
  ['the old key decrypts for ten seconds at most', 'hold.ts', 'this.ring.retire(i, nowMs + OVERLAP_MS);', 'void i;', ['a key that was replaced > decrypts for ten seconds at most, even if nobody comes to erase it']],
  ['who has an old key is silent', 'keeper.ts', '    this.#hold.silence();\n', '', ['a new key > is not given to people the host left out, who are told that their link is old']],
  ['what was said of a key before is nothing', 'rotate.ts', 'if (epoch <= this.epochNow) return', 'if (epoch <= -1) return', ['a new key > comes after the one that a late host did not know of']],
  // ---- what is shown ----
  ['a clear track is blocked', 'health.ts', "    if (!facts.announced) return 'blocked';\n", '', ['a person > is blocked when announced as clear, whatever comes']],
  ['evidence is two seconds old at most', 'health.ts', 'const since = nowMs - WINDOW_MS;', 'const since = -1;', ['a person > is waited for until the first frame, then encrypted, for two seconds', 'a person > sends nothing with everything muted']],
  ['only what the worker opened is played', 'health.ts', 'facts.announced && facts.pipe !== null', 'facts.announced', ['a track > is playable when its frames go through the worker and nowhere else']],
  ['frames that do not open are told of', 'health.ts', "auth: 'wrong'", "auth: undefined as never", ['a person > whose frames are dropped for auth is wrong-key', 'a person > sends nothing with everything muted', 'a person > is told of by the worst track, but not by one that only waits', 'a meeting > shows the worst first', 'a meeting > says that it is our key that differs when nobody can be decrypted']],
  ['somebody silent is not called encrypted', 'health.ts', "return facts.muted ? 'silent' : 'encrypted';", "return 'encrypted';", ['a person > sends nothing with everything muted']],
  ['a browser that cannot is told so', 'gate.ts', 'lacks: needs.filter(([, has]) => !has)', 'lacks: needs.filter(() => false)', ['the gate > names secure-context where it is missing', 'the gate > names webcrypto where it is missing', 'the gate > names worker where it is missing', 'the gate > names webrtc where it is missing', 'the gate > names encoded-transforms where it is missing', 'the gate > names everything in a browser without anything']],
  ['a worker that is gone is noticed', 'client.ts', ">= (this.#started ? BEATS_LOST : START_BEATS)", '>= Infinity', ['a worker that is gone > is waited for while it loads, and what it is asked meanwhile too, but not for ever', 'a worker that is gone > is noticed when it falls silent, after five beats']],
  // ---- files ----
  ['a piece is of its place', 'files.ts', 'new DataView(iv.buffer).setUint32(8, index);', '', ['a file > is refused piece by piece when one was changed, moved, or belongs to another file']],
  ['a piece is sealed once', 'files.ts', '!one.sealed || one.sealed.has(index)', '!one.sealed', ['a file > is sealed once, by who made it']],
];

/** Where the tests of a file are, when not under its own name alone. */
const TESTS = { pipes: 'pipes keeper', keeper: 'keeper rotate', key: 'text', link: 'text', hold: 'hold rotate', gate: 'policy' };

async function testsOf(folder, file) {
  const name = file.replace('.ts', '');
  const files = (TESTS[name] ?? name).split(' ').map((one) => `tests/e2ee/${one}.test.ts`);
  const vitest = ['node_modules/vitest/vitest.mjs', 'run', ...files];
  const { said } = await run(process.execPath, vitest, { cwd: join(folder, 'web') });
  const names = (word) => [...said.matchAll(new RegExp(`^${word} \\d+ - \\S+ > (.*?)(?: # time=.*)?$`, 'gm'))].map(([, one]) => one);
  return { passed: names('ok'), failed: names('not ok') };
}

/** Null, or what is wrong. */
async function judge(folder, [, file, from, to, wanted]) {
  const path = join(folder, 'web/src/e2ee', file);
  const text = readFileSync(path, 'utf8');
  try {
    patch(folder, [[`e2ee/${file}`, from, to]]);
    const { passed, failed } = await testsOf(folder, file);
    const [missed, more] = [wanted.filter((one) => !failed.includes(one)), failed.filter((one) => !wanted.includes(one))];
    if (passed.length === 0) return 'no test passed at all';
    if (missed.length > 0) return `nothing noticed in: ${missed.join('; ')}`;
    return more.length > 0 ? `this failed too: ${more.join('; ')}` : null;
  } finally {
    writeFileSync(path, text);
  }
}

const AT_ONCE = 2;
const [only = ''] = process.argv.slice(2);
const left = MUTANTS.filter(([name]) => name.includes(only));
let failures = 0;

async function work(folder) {
  cpSync(join(root, 'docs'), join(folder, 'docs'), { recursive: true });
  for (let one = left.shift(); one; one = left.shift()) {
    const wrong = await judge(folder, one).catch((error) => error.message);
    if (wrong) failures++;
    process.stdout.write(`${wrong ? 'not ok' : 'ok'} - without "${one[0]}", ${one[4].length === 1 ? 'its test fails' : 'its tests fail'}\n`);
    if (wrong) process.stdout.write(`#   ${wrong}\n`);
  }
}

await Promise.all(Array.from({ length: AT_ONCE }, (_, i) => work(copyClient(`mutants-${i}`))));
process.exit(failures > 0 ? 1 : 0);
