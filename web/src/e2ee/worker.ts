// SPDX-License-Identifier: Apache-2.0
// The key worker: keeper.ts on a worker's globals. Nothing is decided here.
import { encode } from 'uqr';
import { findStore, openVault } from './custody';
import { Keeper } from './keeper';
import type { QrBitmap } from './messages';

const TICK_MS = 100;

interface Transformer {
  options: unknown;
  readable: ReadableStream;
  writable: WritableStream;
}

interface WorkerScope {
  indexedDB?: IDBFactory;
  navigator: { locks?: LockManager };
  postMessage(message: unknown, transfer?: Transferable[]): void;
  onmessage: ((event: MessageEvent) => void) | null;
  onrtctransform: ((event: { transformer: Transformer }) => void) | null;
}

function drawQr(text: string): QrBitmap {
  const { data, size } = encode(text, { ecc: 'M', border: 0 });
  return { size, dark: Uint8Array.from(data.flat(), Number) };
}

const scope = globalThis as unknown as WorkerScope;

const keeper = new Keeper({
  post: (message, transfer) => scope.postMessage(message, transfer),
  openVault: async () => openVault(await findStore(scope.indexedDB), () => Date.now()),
  locks: scope.navigator.locks,
  nowMs: () => performance.now(),
  drawQr,
});

scope.onmessage = (event) => keeper.handle(event.data);
scope.onrtctransform = ({ transformer }) => keeper.transform(transformer.options, transformer.readable, transformer.writable);
setInterval(() => keeper.tick(), TICK_MS);
