// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { KeyClient, type WorkerLike } from '../../src/e2ee/client';
import { memoryStore, openVault, type Vault } from '../../src/e2ee/custody';
import { Keeper } from '../../src/e2ee/keeper';
import { QR } from './party';

const KEY = 'key=AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8';

/** A worker in this thread, which can be made to fall silent or to fail. */
class TestWorker implements WorkerLike {
  onmessage: ((event: MessageEvent) => void) | null = null;
  onerror: ((event: ErrorEvent) => void) | null = null;
  terminated = false;
  isSilent = false;
  readonly #keeper: Keeper;

  constructor(vault: Vault) {
    this.#keeper = new Keeper({
      post: (data) => queueMicrotask(() => this.onmessage?.({ data } as MessageEvent)),
      openVault: async () => vault,
      locks: undefined,
      nowMs: () => 0,
      drawQr: () => QR,
    });
  }

  postMessage(message: unknown): void {
    if (!this.isSilent && !this.terminated) this.#keeper.handle(message);
  }

  terminate(): void {
    this.terminated = true;
  }
}

class TestStorage {
  readonly items = new Map<string, string>();
  getItem = (name: string) => this.items.get(name) ?? null;
  setItem = (name: string, value: string) => void this.items.set(name, value);
}

const bytes = (text: string) => new TextEncoder().encode(text).buffer as ArrayBuffer;

let vault: Vault;
let workers: TestWorker[];
let storage: TestStorage;

function makeClient(fragment = '', isSilent = false): KeyClient {
  const client = new KeyClient(() => {
    const worker = new TestWorker(vault);
    worker.isSilent = isSilent;
    workers.push(worker);
    return worker;
  }, storage);
  client.giveFragment(bytes(fragment), ['token']);
  return client;
}

const worker = () => workers.at(-1) as TestWorker;

beforeEach(() => {
  vault = openVault(memoryStore(), () => 0);
  workers = [];
  storage = new TestStorage();
});
afterEach(() => vi.useRealTimers());

describe('the page', () => {
  it('is given what stood beside the key, and the state of the key', async () => {
    const client = makeClient(`token=abc&${KEY}`);
    const watcher = vi.fn();
    client.watch(watcher);
    expect(await client.others).toEqual({ token: 'abc' });
    expect(client.key.status).toBe('ready');
    expect(watcher).toHaveBeenCalled();
    expect(await client.link('https://x/m/room')).toBe(`https://x/m/room#${KEY}`);
    client.close();
  });

  it('finds its key after a reload, under a name for the tab', async () => {
    const before = makeClient(KEY);
    await before.enter('room');
    expect(storage.items.get('bedrud-tab')).toMatch(/^[\w-]{36}$/);
    before.close();
    const after = makeClient();
    expect((await after.enter('room')).status).toBe('ready');
    await after.leave();
    after.close();
    const left = makeClient();
    expect((await left.enter('room')).status).toBe('none');
    left.close();
  });

  it('hears what a request fails for', async () => {
    const client = makeClient();
    await expect(client.link('https://x/')).rejects.toThrow('there is no key');
    client.close();
  });

  it('is not kept waiting by a worker that does not answer', async () => {
    const client = makeClient(KEY);
    await client.others;
    worker().isSilent = true;
    await expect(client.seal(new Uint8Array(3), true, 20)).rejects.toThrow('no answer within 20 ms');
    client.close();
  });
});

describe('a worker that is gone', () => {
  it('is noticed when it fails, and nothing more is asked of it', async () => {
    const client = makeClient(KEY);
    await client.others;
    worker().isSilent = true;
    const waiting = client.seal(new Uint8Array(3), true, 10_000);
    worker().onerror?.({} as ErrorEvent);
    await expect(waiting).rejects.toThrow('gone');
    expect([client.life, client.key.status, worker().terminated]).toEqual(['gone', 'none', true]);
    await expect(client.link('https://x/')).rejects.toThrow('gone');
  });

  it('is waited for while it loads, and what it is asked meanwhile too, but not for ever', async () => {
    vi.useFakeTimers();
    const client = makeClient(KEY, true);
    const others = vi.fn();
    client.others.catch(others);
    await vi.advanceTimersByTimeAsync(55_000);
    expect([client.life, others.mock.calls.length]).toEqual(['alive', 0]);
    await vi.advanceTimersByTimeAsync(10_000);
    expect([client.life, others.mock.calls.length]).toEqual(['gone', 1]);
  });

  it('has the whole time for its answers once it is there', async () => {
    vi.useFakeTimers();
    const client = makeClient('', true);
    const failed = vi.fn();
    const waiting = client.seal(new Uint8Array(3), true, 3000).catch(failed);
    await vi.advanceTimersByTimeAsync(20_000);
    worker().onmessage?.({ data: { kind: 'pong', beat: 1 } } as MessageEvent);
    await vi.advanceTimersByTimeAsync(2900);
    expect(failed).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(200);
    await waiting;
    expect(failed).toHaveBeenCalled();
    client.close();
  });

  it('is noticed when it falls silent, after five beats', async () => {
    vi.useFakeTimers();
    const client = makeClient(KEY);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(client.life).toBe('alive');
    worker().isSilent = true;
    await vi.advanceTimersByTimeAsync(5000);
    expect(client.life).toBe('alive');
    await vi.advanceTimersByTimeAsync(2000);
    expect(client.life).toBe('gone');
  });

  it('is replaced by one that has the key, if it was kept', async () => {
    const client = makeClient(KEY);
    await client.enter('room');
    worker().onerror?.({} as ErrorEvent);
    expect(await client.restart()).toBe(true);
    expect([client.life, client.key.status, workers.length]).toEqual(['alive', 'ready', 2]);
    client.close();
  });

  it('is not replaced by one without the key', async () => {
    const client = makeClient(KEY);
    await client.enter('room');
    await vault.eraseTab(storage.items.get('bedrud-tab') as string, 'room');
    worker().onerror?.({} as ErrorEvent);
    expect(await client.restart()).toBe(false);
    expect(client.key.status).toBe('none');
    client.close();
  });

  it('is not replaced where no room was entered', async () => {
    const client = makeClient(KEY);
    await client.others;
    worker().onerror?.({} as ErrorEvent);
    expect(await client.restart()).toBe(false);
  });
});
