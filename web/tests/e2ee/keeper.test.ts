// SPDX-License-Identifier: Apache-2.0
// The key worker as the page sees it: keys and where they are kept, media and data between two of them, and what it says.
import { describe, expect, it } from 'vitest';
import { memoryStore, openVault } from '../../src/e2ee/custody';
import { bytesOf, Frame, Member, Party, QR, settle } from './party';

const KEY = 'key=AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8';
const OTHER = 'key=AQECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8';
const SEED_FORM = 'key=AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=';
const vault = () => openVault(memoryStore(), () => 0);
const now = () => 0;
const fragment = (member: Member, text: string, others: string[] = []) => member.ask('fragment', { text: bytesOf(text), others });
const frame = () => new Frame(new Uint8Array(100).fill(7));

describe('a key', () => {
  it('is taken from a link, in both forms, and nothing else is given back', async () => {
    for (const text of [KEY, SEED_FORM]) {
      const member = new Member('anna', now);
      expect(await fragment(member, `token=abc&${text}`, ['token'])).toEqual({ token: 'abc' });
      expect(member.key).toMatchObject({ status: 'ready', bits: 128 });
      expect(await member.keyText()).toBe(KEY);
    }
  });

  it('of 256 bits says so', async () => {
    const member = new Member('anna', now);
    await fragment(member, `${KEY}&bits=256`);
    expect(member.key.bits).toBe(256);
    expect(await member.keyText()).toBe(`${KEY}&bits=256`);
  });

  it('that was damaged is never repaired, and no link is made of it', async () => {
    for (const text of [KEY.slice(0, -1), `${KEY}x`, `${KEY}&x=1`, 'key=', 'bits=256', `${KEY}&${KEY}`]) {
      const member = new Member('anna', now);
      await fragment(member, text);
      expect([text, member.key.status]).toEqual([text, 'damaged']);
      await expect(member.keyText()).rejects.toThrow('no key');
      await expect(member.ask('make', { bits: 128 })).rejects.toThrow('damaged');
      // It stays so: the vault is not asked for another.
      await member.ask('enter', { room: 'room', tab: 'tab' });
      expect(member.key.status).toBe('damaged');
    }
  });

  it('is not there without a fragment', async () => {
    const member = new Member('anna', now);
    await fragment(member, '');
    await member.ask('enter', { room: 'room', tab: 'tab' });
    expect(member.key.status).toBe('none');
    await expect(member.ask('seal', { payload: bytesOf('x'), ordered: true })).rejects.toThrow();
  });

  it('is made here, another one each time', async () => {
    const texts = new Set<string>();
    for (let i = 0; i < 5; i++) {
      const member = new Member('anna', now);
      await member.ask('make', { bits: 128 });
      texts.add(await member.keyText());
    }
    expect(texts.size).toBe(5);
  });

  it('can be pasted as a link, a fragment or bare, with room around it', async () => {
    for (const text of [`https://x/m/room#${KEY}`, KEY, ` ${KEY.slice(4)}\n`]) {
      const member = new Member('anna', now);
      await member.paste(text);
      expect(await member.keyText()).toBe(KEY);
    }
    await expect(new Member('anna', now).paste('https://x/m/room')).rejects.toThrow('damaged');
  });

  it('of a meeting that runs is not changed by a link that somebody opens, only by pasting', async () => {
    const member = new Member('anna', now);
    await fragment(member, KEY);
    await member.ask('enter', { room: 'room', tab: 'tab' });
    await fragment(member, OTHER);
    expect(await member.keyText()).toBe(KEY);
    await fragment(member, 'key=damaged');
    expect(member.key.status).toBe('ready');
    await member.paste(OTHER);
    expect(await member.keyText()).toBe(OTHER);
  });

  it('has a fingerprint, and its link is drawn as a QR code without leaving the worker', async () => {
    const member = new Member('anna', now);
    await fragment(member, KEY);
    expect(member.key.fingerprint?.map(({ digits }) => digits).join(' ')).toMatch(/^(\d{4} ?){4}$/);
    expect(await member.ask('qr', { page: 'https://x/m/room' })).toEqual(QR);
    expect(member.drawn).toEqual([`https://x/m/room#${KEY}`]);
    expect(JSON.stringify(member.said)).not.toContain(KEY.slice(4));
  });
});

describe('custody', () => {
  it('a reload finds the key of that tab and room again', async () => {
    const shelf = vault();
    const before = new Member('anna', now, shelf);
    await fragment(before, `${KEY}&bits=256`);
    await before.ask('enter', { room: 'room', tab: 'tab' });
    const after = new Member('anna', now, shelf);
    await fragment(after, '');
    expect(await after.ask('enter', { room: 'room', tab: 'tab' })).toBe('tab');
    expect(await after.keyText()).toBe(`${KEY}&bits=256`);
    const elsewhere = new Member('anna', now, shelf);
    await elsewhere.ask('enter', { room: 'other', tab: 'tab' });
    expect(elsewhere.key.status).toBe('none');
  });

  it('leaving erases it everywhere', async () => {
    const shelf = vault();
    const member = new Member('anna', now, shelf);
    await fragment(member, KEY);
    await member.ask('enter', { room: 'room', tab: 'tab' });
    const out = await member.pipe('seal', {});
    await member.ask('leave', {});
    expect(member.key).toMatchObject({ status: 'none', fingerprint: null });
    await expect(member.keyText()).rejects.toThrow('no key');
    expect(await shelf.loadTab('tab', 'room')).toBe(null);
    out.push(frame());
    await settle();
    expect(out.out).toEqual([]);
  });

  it('two tabs of two rooms do not mix', async () => {
    const shelf = vault();
    const [one, two] = [new Member('anna', now, shelf), new Member('anna', now, shelf)];
    await fragment(one, KEY);
    await fragment(two, OTHER);
    await one.ask('enter', { room: 'one', tab: 'tab-1' });
    await two.ask('enter', { room: 'two', tab: 'tab-2' });
    await one.ask('leave', {});
    const again = new Member('anna', now, shelf);
    await again.ask('enter', { room: 'two', tab: 'tab-2' });
    expect(await again.keyText()).toBe(OTHER);
  });

  it('a key does not follow into another room', async () => {
    const member = new Member('anna', now);
    await fragment(member, KEY);
    await member.ask('enter', { room: 'one', tab: 'tab' });
    await member.ask('enter', { room: 'two', tab: 'tab' });
    expect(member.key.status).toBe('none');
  });

  it('a key is remembered when that is asked for, recalled, and forgotten', async () => {
    const shelf = vault();
    const member = new Member('anna', now, shelf);
    await fragment(member, KEY);
    await member.ask('enter', { room: 'weekly', tab: 'tab' });
    expect(await member.ask('remembered', {})).toEqual([]);
    await member.ask('remember', { on: true });
    expect(member.key.remembered).toBe(true);
    await member.ask('leave', {});
    const later = new Member('anna', now, shelf);
    await later.ask('enter', { room: 'weekly', tab: 'another' });
    expect(later.key.status).toBe('none');
    expect(await later.ask('recall', {})).toBe(true);
    expect(await later.keyText()).toBe(KEY);
    await later.ask('forget', { room: 'weekly' });
    expect(later.key.remembered).toBe(false);
    expect(await later.ask('remembered', {})).toEqual([]);
    expect(await later.ask('recall', {})).toBe(false);
  });

  it('a remembered room follows its new keys', async () => {
    const shelf = vault();
    const party = new Party();
    party.hosts = ['anna'];
    const anna = await party.add('anna', KEY, shelf);
    await party.add('ben', KEY);
    await anna.ask('remember', { on: true });
    await anna.ask('rotate', { people: ['ben'] });
    await party.run(2000);
    expect(Buffer.from((await shelf.recall('room'))?.key ?? []).toString('base64url')).toBe((await anna.keyText()).slice(4));
  });
});

async function pair(): Promise<{ party: Party; anna: Member; ben: Member }> {
  const party = new Party();
  return { party, anna: await party.add('anna', KEY), ben: await party.add('ben', KEY) };
}

describe('media', () => {
  it('goes from one to the other, and cannot be seen between', async () => {
    const { anna, ben } = await pair();
    const [out, back] = [await anna.pipe('seal', {}), await ben.pipe('open', { identity: 'anna' })];
    out.onFrame = (one) => back.push(one.copy());
    out.push(frame());
    await settle();
    expect(back.out[0]?.bytes).toEqual(frame().bytes);
    expect(out.out[0]?.bytes.subarray(3, 50)).not.toEqual(frame().bytes.subarray(3, 50));
  });

  it('does not leave before a key and a track are there', async () => {
    const member = new Member('anna', now);
    const out = await member.pipe('seal');
    out.push(frame());
    await expect(member.bind(out, {})).rejects.toThrow('no key');
    out.push(frame());
    await member.ask('make', { bits: 128 });
    out.push(frame());
    await settle();
    expect(out.out).toEqual([]);
    await member.bind(out, {});
    out.push(frame());
    await settle();
    expect(out.out.length).toBe(1);
  });

  it('is dropped when it is clear, under another key, replayed, or of somebody else', async () => {
    const { party, anna, ben } = await pair();
    const [out, back] = [await anna.pipe('seal', {}), await ben.pipe('open', { identity: 'anna' })];
    const stranger = await party.add('mallory', OTHER);
    const strange = await stranger.pipe('seal', { identity: 'anna' });
    for (const one of [out, strange]) one.push(frame());
    await settle();
    const [sealed, other] = [out.out[0] as Frame, strange.out[0] as Frame];
    for (const bad of [frame(), other.copy()]) back.push(bad);
    await settle();
    expect(back.out).toEqual([]);
    back.push(sealed.copy());
    back.push(sealed.copy());
    await settle();
    expect(back.out.length).toBe(1);
    // The same frame under another name, on a track of its own.
    const swapped = await ben.pipe('open', { identity: 'mallory', track: 'TR_2' });
    out.push(frame());
    await settle();
    swapped.push((out.out[1] as Frame).copy());
    await settle();
    expect(swapped.out).toEqual([]);
    party.nowMs += 1000;
    ben.keeper.tick();
    const counts = ben.said.flatMap((message) => (message.kind === 'counts' ? message.pipes : []));
    expect(counts).toEqual([
      { pipe: back.number, ok: 1, dropped: 3, reason: 'replay' },
      { pipe: swapped.number, ok: 0, dropped: 1, reason: 'sender' },
    ]);
  });

  it('is not opened again after the receiver was given to another track and back', async () => {
    const { anna, ben } = await pair();
    const [out, back] = [await anna.pipe('seal', {}), await ben.pipe('open', { identity: 'anna' })];
    out.push(frame());
    await settle();
    const sealed = out.out[0] as Frame;
    back.push(sealed.copy());
    await settle();
    ben.keeper.handle({ kind: 'unbind', pipe: back.number });
    back.push(sealed.copy());
    await ben.bind(back, { identity: 'anna', track: 'TR_9' });
    back.push(sealed.copy());
    await settle();
    expect(back.out.length).toBe(1);
  });

  it('stops when the other side ends, and the number is free again', async () => {
    const { anna } = await pair();
    const out = await anna.pipe('seal', {});
    out.end();
    await settle();
    await expect(anna.bind(out, {})).rejects.toThrow('no such pipe');
  });
});

describe('data', () => {
  const send = async (from: Member, to: Member, text: string, ordered = true, name = from.identity) => {
    const sealed = (await from.ask('seal', { payload: bytesOf(text), ordered })) as Sealed;
    return { open: () => openAs(to, sealed, name) };
  };
  interface Sealed {
    payload: Uint8Array<ArrayBuffer>;
    iv: Uint8Array<ArrayBuffer>;
    keyIndex: number;
  }
  const openAs = async (to: Member, { payload, iv, keyIndex }: Sealed, identity: string) => {
    const packet = { payload: payload.slice().buffer, iv: iv.slice().buffer, keyIndex, identity };
    return Buffer.from((await to.ask('open', packet)) as Uint8Array).toString();
  };

  it('arrives as it was sent', async () => {
    const { anna, ben } = await pair();
    for (const ordered of [true, false]) expect(await (await send(anna, ben, 'hello', ordered)).open()).toBe('hello');
  });

  it('of ours does not come back under the name of somebody who never sent anything', async () => {
    const { anna } = await pair();
    const mine = await send(anna, anna, 'mine', true, 'ben');
    await expect(mine.open()).rejects.toThrow('sender');
  });

  it('is refused a second time, and under another name', async () => {
    const { anna, ben } = await pair();
    const one = await send(anna, ben, 'one');
    await one.open();
    await expect(one.open()).rejects.toThrow('replay');
    const two = await send(anna, ben, 'two', true, 'ben');
    await expect(two.open()).rejects.toThrow('sender');
  });

  it('is refused out of order where there is one, and not where there is none', async () => {
    const { anna, ben } = await pair();
    const [one, two, three] = [await send(anna, ben, '1'), await send(anna, ben, '2', false), await send(anna, ben, '3')];
    expect(await three?.open()).toBe('3');
    await expect(one?.open()).rejects.toThrow('order');
    expect(await two?.open()).toBe('2');
  });

  it('keeps its order when much is sealed at once', async () => {
    const { anna, ben } = await pair();
    const all = await Promise.all(Array.from({ length: 50 }, (_, i) => send(anna, ben, String(i))));
    for (const [i, one] of all.entries()) expect(await one.open()).toBe(String(i));
  });

  it('is counted', async () => {
    const { party, anna, ben } = await pair();
    const one = await send(anna, ben, 'one');
    await one.open();
    await one.open().catch(() => undefined);
    party.nowMs += 1000;
    ben.keeper.tick();
    expect(ben.said.at(-1)).toMatchObject({ kind: 'counts', data: { opened: 1, refused: { replay: 1 } } });
  });
});

describe('files', () => {
  it('are opened by others in the meeting, also after a new key', async () => {
    const party = new Party();
    party.hosts = ['anna'];
    const [anna, ben] = [await party.add('anna', KEY), await party.add('ben', KEY)];
    const made = (await anna.ask('file-make', { size: 5 })) as { file: number; ticket: string };
    const piece = (await anna.ask('file-seal', { file: made.file, index: 0, slice: bytesOf('12345') })) as Uint8Array<ArrayBuffer>;
    await anna.ask('rotate', { people: ['ben'] });
    await party.run(13_000);
    const { file } = (await ben.ask('file-take', { ticket: made.ticket })) as { file: number };
    const plain = (await ben.ask('file-open', { file, index: 0, slice: piece.slice().buffer })) as Uint8Array;
    expect(Buffer.from(plain).toString()).toBe('12345');
  });
});

describe('the heartbeat', () => {
  it('is answered', () => {
    const member = new Member('anna', now);
    member.keeper.handle({ kind: 'ping', beat: 3 });
    expect(member.said.at(-1)).toEqual({ kind: 'pong', beat: 3 });
  });
});
