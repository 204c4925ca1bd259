// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { OVERLAP_MS, Rotate, type RotateIo } from '../../src/e2ee/rotate';
import { Numbers } from './kit';
import { Frame, Party, settle } from './party';

const KEY = 'key=AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8';

async function party(names: string[], hosts = ['anna']): Promise<Party> {
  const all = new Party();
  all.hosts = hosts;
  for (const name of names) await all.add(name, KEY);
  return all;
}

const member = (all: Party, name: string) => all.members.get(name) as NonNullable<ReturnType<Party['members']['get']>>;

async function start(all: Party, host: string, people: string[]): Promise<unknown> {
  return member(all, host).ask('rotate', { people });
}

const keysOf = (all: Party) => Promise.all([...all.members.values()].map((one) => one.keyText()));

describe('a new key', () => {
  it('reaches everybody, and all go over to it', async () => {
    const all = await party(['anna', 'ben', 'cleo', 'dora']);
    expect(await start(all, 'anna', ['ben', 'cleo', 'dora'])).toBe(true);
    await all.run(2000);
    const keys = await keysOf(all);
    expect(new Set(keys).size).toBe(1);
    expect(keys[0]).not.toBe(KEY);
    for (const { key, rotations } of all.members.values()) {
      expect(key).toMatchObject({ status: 'ready', epoch: 1, old: false });
      expect(rotations).toContainEqual({ phase: 'switched', epoch: 1, by: 'anna', missed: [] });
    }
    await all.run(11_000);
    for (const { rotations } of all.members.values()) {
      expect(rotations.at(-1)).toEqual({ phase: 'settled', epoch: 1, by: 'anna' });
    }
  });

  it('comes from a host only', async () => {
    const all = await party(['anna', 'ben', 'cleo']);
    expect(await start(all, 'ben', ['anna', 'cleo'])).toBe(false);
    // Ben's own page lets him; the others know better.
    member(all, 'ben').keeper.handle({
      kind: 'people',
      people: ['anna', 'ben', 'cleo'].map((identity) => ({ identity, host: identity === 'ben' })),
    });
    expect(await start(all, 'ben', ['anna', 'cleo'])).toBe(true);
    await all.run(8000);
    expect(member(all, 'ben').rotations.at(-1)?.phase).toBe('failed');
    expect(new Set(await keysOf(all))).toEqual(new Set([KEY]));
  });

  it('is not given to people the host left out, who are told that their link is old', async () => {
    const all = await party(['anna', 'ben', 'mallory']);
    await start(all, 'anna', ['ben']);
    await all.run(2000);
    // Mallory answers all the same: she has the old key and hears everything.
    expect(await member(all, 'mallory').keyText()).toBe(KEY);
    await all.run(12_000);
    await all.run(6000);
    expect(member(all, 'ben').key).toMatchObject({ epoch: 1, old: false });
    expect(member(all, 'mallory').key.epoch).toBe(0);
    // Somebody who comes late with the old link is told by those who were there.
    const late = await all.add('late', KEY);
    await all.run(8000);
    expect(late.key.old).toBe(true);
    await expect(late.ask('seal', { payload: new ArrayBuffer(1), ordered: false })).rejects.toThrow('no-key');
    const newcomer = await all.add('newcomer', await member(all, 'anna').keyText());
    await all.run(8000);
    expect(newcomer.key.old).toBe(false);
  });

  it('cannot be read by somebody who has the old key and everything that was sent', async () => {
    const all = await party(['anna', 'ben']);
    await start(all, 'anna', ['ben']);
    await all.run(2000);
    const fresh = (await member(all, 'anna').keyText()).slice('key='.length);
    const eve = await new Party().add('ben', KEY);
    const opened: string[] = [];
    for (const { from, payload, iv, keyIndex } of all.sent) {
      const packet = { payload: payload.slice().buffer, iv: iv.slice().buffer, keyIndex, identity: from };
      await eve.ask('open', packet).then((text) => opened.push(JSON.stringify(text)), () => undefined);
    }
    await settle();
    expect(await eve.keyText()).toBe(KEY);
    expect(opened.join()).not.toContain(fresh);
  });

  it('waits for nobody for ever, and says who was not reached', async () => {
    const all = await party(['anna', 'ben', 'cleo']);
    all.network = ({ to }) => (to === 'cleo' ? null : 20);
    await start(all, 'anna', ['ben', 'cleo']);
    await all.run(5000);
    expect(member(all, 'ben').key.epoch).toBe(0);
    await all.run(2000);
    expect(member(all, 'anna').rotations.at(-1)).toEqual({ phase: 'switched', epoch: 1, by: 'anna', missed: ['cleo'] });
    expect(member(all, 'ben').key.epoch).toBe(1);
    expect(member(all, 'cleo').key.epoch).toBe(0);
  });

  it('stays away when nobody can be reached', async () => {
    const all = await party(['anna', 'ben']);
    all.network = () => null;
    await start(all, 'anna', ['ben']);
    await all.run(8000);
    expect(member(all, 'anna').rotations.at(-1)).toMatchObject({ phase: 'failed' });
    expect(await member(all, 'anna').keyText()).toBe(KEY);
    all.network = () => 20;
    expect(await start(all, 'anna', ['ben'])).toBe(true);
    await all.run(2000);
    expect(member(all, 'ben').key.epoch).toBe(1);
  });

  it('comes through a server that drops a third of everything, in disorder', async () => {
    const numbers = new Numbers(7);
    const all = await party(['anna', 'ben', 'cleo', 'dora']);
    all.network = () => (numbers.below(3) === 0 ? null : numbers.below(300));
    await start(all, 'anna', ['ben', 'cleo', 'dora']);
    await all.run(9000);
    const [host] = member(all, 'anna').rotations.filter(({ phase }) => phase === 'switched');
    const missed = host?.phase === 'switched' ? host.missed : [];
    const reached = ['ben', 'cleo', 'dora'].filter((name) => !missed.includes(name));
    expect(reached.length).toBeGreaterThan(1);
    // Who did not hear `switch` goes over with the first packet or frame under the new key.
    for (const name of reached) expect([name, member(all, name).key.epoch]).toEqual([name, 1]);
  });

  it('is settled between two hosts who begin at once', async () => {
    const all = await party(['anna', 'ben', 'cleo', 'dora'], ['anna', 'ben']);
    const [one, two] = await Promise.all([
      start(all, 'ben', ['anna', 'cleo', 'dora']),
      start(all, 'anna', ['ben', 'cleo', 'dora']),
    ]);
    expect([one, two]).toEqual([true, true]);
    await all.run(9000);
    expect(new Set(await keysOf(all)).size).toBe(1);
    expect([...all.members.values()].map(({ key }) => key.epoch)).toEqual([1, 1, 1, 1]);
  });

  it('comes after the one that a late host did not know of', async () => {
    const all = await party(['anna', 'ben'], ['anna', 'zoe']);
    await start(all, 'anna', ['ben']);
    await all.run(12_000);
    const zoe = await all.add('zoe', await member(all, 'anna').keyText());
    expect(zoe.key.epoch).toBe(0);
    await start(all, 'zoe', ['anna', 'ben']);
    await all.run(3000);
    expect([...all.members.values()].map(({ key }) => key.epoch)).toEqual([2, 2, 2]);
    expect(new Set(await keysOf(all)).size).toBe(1);
  });

  it('takes no effect from what was said before', async () => {
    const all = await party(['anna', 'ben']);
    await start(all, 'anna', ['ben']);
    await all.run(25_000);
    const before = await keysOf(all);
    const said = member(all, 'ben').said.length;
    for (const wire of all.sent.splice(0)) all.put(wire);
    await all.run(2000);
    expect(await keysOf(all)).toEqual(before);
    expect(member(all, 'ben').said.slice(said).filter(({ kind }) => kind === 'rotation')).toEqual([]);
  });

  it('keeps the length of the key', async () => {
    const all = new Party();
    all.hosts = ['anna'];
    for (const name of ['anna', 'ben']) await all.add(name, `${KEY}&bits=256`);
    await start(all, 'anna', ['ben']);
    await all.run(2000);
    for (const { key } of all.members.values()) expect(key).toMatchObject({ epoch: 1, bits: 256 });
  });
});

interface Tally {
  arrived: number;
  opened: number;
}

/** Everybody sends 25 frames a second to everybody, and some get lost. */
async function film(all: Party, numbers: Numbers, lossPercent: number): Promise<{ each: () => void; tally: () => Promise<Tally> }> {
  const names = [...all.members.keys()];
  const tally: Tally = { arrived: 0, opened: 0 };
  const senders = await Promise.all(names.map((name) => member(all, name).pipe('seal', {})));
  for (const [i, name] of names.entries()) {
    const receivers = await Promise.all(
      names.filter((other) => other !== name).map((other) => member(all, other).pipe('open', { identity: name })),
    );
    for (const receiver of receivers) receiver.onFrame = () => void tally.opened++;
    (senders[i] as NonNullable<(typeof senders)[number]>).onFrame = (frame) => {
      for (const receiver of receivers) {
        if (numbers.below(100) < lossPercent) continue;
        all.later(20 + numbers.below(280), () => {
          tally.arrived++;
          receiver.push(frame.copy());
        });
      }
    };
  }
  let count = 0;
  const each = (): void => {
    if (++count % 4 === 0) for (const sender of senders) sender.push(new Frame(numbers.bytes(60)));
  };
  const wait = async (): Promise<Tally> => {
    await settle();
    return { ...tally };
  };
  return { each, tally: wait };
}

it('the old key is erased ten seconds after the switch', async () => {
  let erased = 0;
  const io = {
    ...{ send() {}, sendOld() {}, uninstall() {}, switchTo() {}, goHome() {}, becameOld() {}, report() {} },
    makeKey: () => ({ key: new Uint8Array(32), bits: 128, index: 1 }),
    ...{ install: async () => undefined, isHost: () => true, eraseOld: () => void erased++ },
  };
  const rotate = new Rotate(io as RotateIo, 'anna');
  await rotate.start([], 0);
  rotate.tick(OVERLAP_MS - 1);
  expect(erased).toBe(0);
  rotate.tick(OVERLAP_MS);
  rotate.tick(2 * OVERLAP_MS);
  expect(erased).toBe(1);
});

describe('while the key changes', () => {
  it('less than one frame in a hundred is lost, at 5 % loss', async () => {
    const numbers = new Numbers(5);
    const all = await party(['anna', 'ben', 'cleo']);
    const pictures = await film(all, numbers, 5);
    // Data is repeated by its transport: what is lost comes late.
    all.network = () => (numbers.below(100) < 5 ? 600 + numbers.below(600) : 20 + numbers.below(100));
    await all.run(1000, pictures.each);
    await start(all, 'anna', ['ben', 'cleo']);
    await all.run(25_000, pictures.each);
    await all.run(500);
    const { arrived, opened } = await pictures.tally();
    for (const { key } of all.members.values()) expect(key.epoch).toBe(1);
    expect(arrived).toBeGreaterThan(3500);
    expect(opened / arrived).toBeGreaterThan(0.99);
  });

  it('who did not hear `switch` goes over with the first frame under the new key', async () => {
    const numbers = new Numbers(6);
    const all = await party(['anna', 'ben']);
    const pictures = await film(all, numbers, 0);
    let fromAnna = 0;
    // begin, key, and nothing after.
    all.network = ({ from }) => (from === 'anna' && ++fromAnna > 2 ? null : 20);
    await start(all, 'anna', ['ben']);
    await all.run(14_000, pictures.each);
    expect(member(all, 'ben').key.epoch).toBe(1);
    const before = await pictures.tally();
    await all.run(1000, pictures.each);
    const after = await pictures.tally();
    expect(after.opened - before.opened).toBe(after.arrived - before.arrived);
  });

  it('the old key decrypts for ten seconds and no longer', async () => {
    const all = await party(['anna', 'ben']);
    const [out, back] = [await member(all, 'anna').pipe('seal', {}), await member(all, 'ben').pipe('open', { identity: 'anna' })];
    out.push(new Frame(new Uint8Array(50)));
    out.push(new Frame(new Uint8Array(50)));
    await settle();
    const [one, two] = out.out.map((frame) => frame.copy()) as [Frame, Frame];
    await start(all, 'anna', ['ben']);
    await all.run(2000);
    expect(member(all, 'ben').key.epoch).toBe(1);
    back.push(one);
    await settle();
    expect(back.out.length).toBe(1);
    await all.run(10_000);
    back.push(two);
    await settle();
    expect(back.out.length).toBe(1);
  });

  it('frames go back to index 0, where new links begin', async () => {
    const all = await party(['anna', 'ben']);
    const out = await member(all, 'anna').pipe('seal', {});
    const indexNow = async (): Promise<number | undefined> => {
      out.push(new Frame(new Uint8Array(50)));
      await settle();
      return out.out.at(-1)?.bytes.at(-1);
    };
    expect(await indexNow()).toBe(0);
    await start(all, 'anna', ['ben']);
    await all.run(2000);
    expect(await indexNow()).toBeGreaterThan(0);
    await all.run(20_000);
    expect(await indexNow()).toBe(0);
  });
});
