// SPDX-License-Identifier: Apache-2.0
import { IDBFactory } from 'fake-indexeddb';
import { beforeEach, describe, expect, it } from 'vitest';
import { claimTab, findStore, type Kept, LIFE_MS, memoryStore, openVault, type Vault } from '../../src/e2ee/custody';

const kept = (first: number): Kept => ({ key: new Uint8Array(32).fill(first), bits: 128, epoch: 0 });

let nowMs = 0;
let factory: IDBFactory;
const open = async (): Promise<Vault> => openVault(await findStore(factory), () => nowMs);

/** Everything the database holds, as text. */
async function dump(): Promise<string> {
  const store = await findStore(factory);
  const all = await Promise.all((['tabs', 'devices'] as const).map((shelf) => store.entries(shelf)));
  return JSON.stringify(all);
}

beforeEach(() => {
  nowMs = 1e12;
  factory = new IDBFactory();
});

describe('a key kept for a tab', () => {
  it('is found again by the tab in its room', async () => {
    await (await open()).saveTab('tab', 'room', kept(1));
    expect(await (await open()).loadTab('tab', 'room')).toMatchObject(kept(1));
  });

  it('is not found by another tab, nor in another room', async () => {
    const vault = await open();
    await vault.saveTab('one', 'room', kept(1));
    await vault.saveTab('two', 'other', kept(2));
    expect(await vault.loadTab('one', 'other')).toBe(null);
    expect(await vault.loadTab('two', 'room')).toBe(null);
    expect(await vault.loadTab('two', 'other')).toMatchObject(kept(2));
  });

  it('is gone after leaving, without a trace', async () => {
    const vault = await open();
    await vault.saveTab('tab', 'room', kept(7));
    await vault.eraseTab('tab', 'room');
    expect(await vault.loadTab('tab', 'room')).toBe(null);
    expect(await dump()).toBe('[[],[]]');
  });

  it('is gone after a day, whether it is asked for or swept', async () => {
    const vault = await open();
    await vault.saveTab('tab', 'room', kept(1));
    await vault.saveTab('tab', 'other', kept(1));
    nowMs += LIFE_MS - 1;
    await vault.sweep();
    expect(await vault.loadTab('tab', 'room')).not.toBe(null);
    nowMs += 1;
    expect(await vault.loadTab('tab', 'room')).toBe(null);
    await vault.sweep();
    expect(await dump()).toBe('[[],[]]');
  });

  it('does not live longer because the clock was set back', async () => {
    const vault = await open();
    await vault.saveTab('tab', 'room', kept(1));
    nowMs -= 60 * 60 * 1000;
    expect(await vault.loadTab('tab', 'room')).toBe(null);
  });

  it('is not taken from a record that something else wrote', async () => {
    const vault = await open();
    for (const wrong of [{ key: new Uint8Array(31) }, { bits: 64 }, { epoch: -1 }]) {
      await vault.saveTab('tab', 'room', { ...kept(1), ...(wrong as Partial<Kept>) });
      expect(await vault.loadTab('tab', 'room')).toBe(null);
    }
  });
});

it('a record of another room is not taken, whatever name it lies under', async () => {
  const store = memoryStore();
  const vault = openVault(store, () => nowMs);
  await store.put('tabs', 'tab\nroom', { ...kept(1), room: 'other', savedMs: nowMs });
  expect(await vault.loadTab('tab', 'room')).toBe(null);
});

describe('a key remembered on the device', () => {
  it('is listed, recalled after more than a day, and forgotten', async () => {
    const vault = await open();
    await vault.remember('weekly', kept(3));
    await vault.saveTab('tab', 'room', kept(1));
    nowMs += 30 * LIFE_MS;
    await vault.sweep();
    expect(await vault.remembered()).toEqual([{ room: 'weekly', savedMs: 1e12 }]);
    expect(await vault.recall('weekly')).toMatchObject(kept(3));
    expect(await vault.recall('room')).toBe(null);
    await vault.forget('weekly');
    expect(await vault.remembered()).toEqual([]);
    expect(await dump()).toBe('[[],[]]');
  });
});

describe('without a database', () => {
  it('keys are kept while the page lives', async () => {
    const broken = { open: () => { throw new Error('not in this window'); } } as unknown as IDBFactory;
    const vault = openVault(await findStore(broken), () => nowMs);
    expect(vault.lasting).toBe(false);
    await vault.saveTab('tab', 'room', kept(1));
    expect(await vault.loadTab('tab', 'room')).toMatchObject(kept(1));
    await vault.eraseTab('tab', 'room');
    expect(await vault.loadTab('tab', 'room')).toBe(null);
  });
});

/** Locks as browsers have them, as far as a tab's name needs. */
class Locks {
  held = new Set<string>();

  async request(name: string, _options: unknown, act: (lock: object | null) => unknown): Promise<void> {
    if (this.held.has(name)) return void act(null);
    this.held.add(name);
    await act({});
    this.held.delete(name);
  }
}

describe("a tab's name", () => {
  it('is its own as long as nobody else has it', async () => {
    expect(await claimTab('tab', new Locks() as unknown as LockManager, () => 'new')).toBe('tab');
  });

  it('is another one in a duplicated tab', async () => {
    const locks = new Locks() as unknown as LockManager;
    expect(await claimTab('tab', locks, () => 'new')).toBe('tab');
    expect(await claimTab('tab', locks, () => 'new')).toBe('new');
  });

  it('is found again while the page before the reload goes away', async () => {
    const locks = new Locks();
    locks.held.add('bedrud-tab-tab');
    const claimed = claimTab('tab', locks as unknown as LockManager, () => 'new');
    setTimeout(() => locks.held.clear(), 50);
    expect(await claimed).toBe('tab');
  });
});
