// SPDX-License-Identifier: Apache-2.0
// Where keys are kept when the page is gone: in IndexedDB, written and read by the key worker only.
//   tabs     the key of one meeting in one tab, so that a reload finds it again; erased on leave and after 24 hours
//   devices  keys a person chose to remember on this device, until they forget them
// The database belongs to the origin: script that runs in our pages could read it. It is kept from the server, from other
// origins, and from whoever looks over the shoulder; not from somebody who has the device unlocked.
import { KEY_BYTES } from './key';
import type { RememberedRoom } from './messages';
import type { Bytes, KeyBits } from './types';

export const LIFE_MS = 24 * 60 * 60 * 1000;
/** How far ahead of the clock a record may lie: more means that the clock was set back, and the record's age is unknown. */
const SKEW_MS = 5 * 60 * 1000;

export interface Kept {
  key: Bytes;
  bits: KeyBits;
  epoch: number;
}

interface KeptRecord extends Kept {
  room: string;
  savedMs: number;
}

export interface Vault {
  /** Whether what is saved outlives the page. */
  readonly lasting: boolean;
  saveTab(tab: string, room: string, kept: Kept): Promise<void>;
  loadTab(tab: string, room: string): Promise<Kept | null>;
  eraseTab(tab: string, room: string): Promise<void>;
  /** Copies the record of a tab that was duplicated. */
  copyTab(from: string, to: string, room: string): Promise<void>;
  remember(room: string, kept: Kept): Promise<void>;
  recall(room: string): Promise<Kept | null>;
  forget(room: string): Promise<void>;
  remembered(): Promise<RememberedRoom[]>;
  /** Erases what is older than its life. */
  sweep(): Promise<void>;
}

type Shelf = 'tabs' | 'devices';

/** The few things the vault asks of a database; a Map stands in where there is none. */
interface Store {
  readonly lasting: boolean;
  get(shelf: Shelf, name: string): Promise<unknown>;
  put(shelf: Shelf, name: string, record: KeptRecord): Promise<void>;
  remove(shelf: Shelf, name: string): Promise<void>;
  entries(shelf: Shelf): Promise<[string, unknown][]>;
}

const SHELVES: readonly Shelf[] = ['tabs', 'devices'];

// A room's name may hold anything but a line break, and a tab's is an identifier of our own.
const tabName = (tab: string, room: string): string => `${tab}\n${room}`;

/** What comes back from the database was written by an earlier version of us at best. */
function readRecord(value: unknown): KeptRecord | null {
  if (typeof value !== 'object' || value === null) return null;
  const { key, bits, epoch, room, savedMs } = value as Record<string, unknown>;
  const valid =
    key instanceof Uint8Array &&
    key.length === KEY_BYTES &&
    (bits === 128 || bits === 256) &&
    Number.isInteger(epoch) &&
    (epoch as number) >= 0 &&
    typeof room === 'string' &&
    typeof savedMs === 'number';
  return valid ? (value as KeptRecord) : null;
}

export function openVault(store: Store, nowMs: () => number): Vault {
  const fresh = (record: KeptRecord): boolean => {
    const age = nowMs() - record.savedMs;
    return age < LIFE_MS && age > -SKEW_MS;
  };
  const recordOf = (room: string, { key, bits, epoch }: Kept): KeptRecord => ({
    ...{ key: key.slice(), bits, epoch },
    ...{ room, savedMs: nowMs() },
  });
  const load = async (shelf: Shelf, name: string, room: string): Promise<KeptRecord | null> => {
    const record = readRecord(await store.get(shelf, name));
    if (record && record.room === room && (shelf === 'devices' || fresh(record))) return record;
    if (record) await store.remove(shelf, name);
    return null;
  };
  return {
    lasting: store.lasting,
    saveTab: (tab, room, kept) => store.put('tabs', tabName(tab, room), recordOf(room, kept)),
    loadTab: (tab, room) => load('tabs', tabName(tab, room), room),
    eraseTab: (tab, room) => store.remove('tabs', tabName(tab, room)),
    async copyTab(from, to, room) {
      const record = await load('tabs', tabName(from, room), room);
      if (record) await store.put('tabs', tabName(to, room), record);
    },
    remember: (room, kept) => store.put('devices', room, recordOf(room, kept)),
    recall: (room) => load('devices', room, room),
    forget: (room) => store.remove('devices', room),
    async remembered() {
      const records = (await store.entries('devices')).map(([, value]) => readRecord(value));
      return records.flatMap((record) => (record ? [{ room: record.room, savedMs: record.savedMs }] : []));
    },
    async sweep() {
      for (const [name, value] of await store.entries('tabs')) {
        const record = readRecord(value);
        if (!record || !fresh(record)) await store.remove('tabs', name);
      }
    },
  };
}

// ---- stores ----

export function memoryStore(): Store {
  const shelves = { tabs: new Map<string, KeptRecord>(), devices: new Map<string, KeptRecord>() };
  return {
    lasting: false,
    get: async (shelf, name) => shelves[shelf].get(name),
    put: async (shelf, name, record) => void shelves[shelf].set(name, record),
    remove: async (shelf, name) => {
      shelves[shelf].get(name)?.key.fill(0);
      shelves[shelf].delete(name);
    },
    entries: async (shelf) => [...shelves[shelf].entries()],
  };
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((done, fail) => {
    request.onsuccess = () => done(request.result);
    request.onerror = () => fail(request.error);
  });
}

/** Resolved when the transaction is on disk, not when the request was taken. */
function written(transaction: IDBTransaction): Promise<void> {
  return new Promise((done, fail) => {
    transaction.oncomplete = () => done();
    transaction.onerror = () => fail(transaction.error);
    transaction.onabort = () => fail(transaction.error);
  });
}

async function databaseStore(factory: IDBFactory): Promise<Store> {
  const opening = factory.open('bedrud-keys', 1);
  opening.onupgradeneeded = () => {
    for (const shelf of SHELVES) opening.result.createObjectStore(shelf);
  };
  const db = await settled(opening);
  // A newer version of the page in another tab must not wait for this one.
  db.onversionchange = () => db.close();
  const change = (shelf: Shelf, act: (store: IDBObjectStore) => void): Promise<void> => {
    const transaction = db.transaction(shelf, 'readwrite');
    act(transaction.objectStore(shelf));
    return written(transaction);
  };
  const read = (shelf: Shelf): IDBObjectStore => db.transaction(shelf, 'readonly').objectStore(shelf);
  return {
    lasting: true,
    get: (shelf, name) => settled(read(shelf).get(name)),
    put: (shelf, name, record) => change(shelf, (store) => store.put(record, name)),
    remove: (shelf, name) => change(shelf, (store) => store.delete(name)),
    async entries(shelf) {
      const store = read(shelf);
      const [names, records] = await Promise.all([settled(store.getAllKeys()), settled(store.getAll())]);
      return names.map((name, i) => [String(name), records[i]]);
    },
  };
}

/** The browser's database, or memory where there is none to be had (some private windows): keys then end with the page. */
export async function findStore(factory: IDBFactory | undefined): Promise<Store> {
  if (!factory) return memoryStore();
  try {
    return await databaseStore(factory);
  } catch {
    return memoryStore();
  }
}

/**
 * The name under which this tab keeps its keys. A duplicated tab starts with a copy of the first one's session storage; two
 * tabs under one name would erase each other's keys. So a name is held by a lock as long as its tab lives.
 */
export async function claimTab(tab: string, locks: LockManager | undefined, makeName: () => string): Promise<string> {
  if (!locks) return tab;
  // After a reload the old page's lock may take a moment to go.
  for (const waitMs of [0, 100, 400]) {
    if (waitMs) await new Promise((done) => setTimeout(done, waitMs));
    if (await holdLock(locks, tab)) return tab;
  }
  const name = makeName();
  await holdLock(locks, name);
  return name;
}

function holdLock(locks: LockManager, tab: string): Promise<boolean> {
  return new Promise((done, fail) => {
    const held = (lock: Lock | null): Promise<void> | undefined => {
      done(lock !== null);
      return lock ? new Promise(() => undefined) : undefined;
    };
    locks.request(`bedrud-tab-${tab}`, { ifAvailable: true }, held).catch(fail);
  });
}
