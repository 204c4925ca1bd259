// SPDX-License-Identifier: Apache-2.0
// Four times a second a frame goes from A over the server to B.
import { type RefObject, useEffect, useRef, useState } from 'react';
import type { Column } from '../../e2ee/fingerprint';
import type { Bytes } from '../../e2ee/types';
import { type Coder, HEIGHT, makeCoder, WIDTH } from './codec';
import type { Journey, Parcel } from './relay';
import { drawScene } from './scene';

const EVERY_MS = 250;

export interface Sight {
  /** What A sends. */
  frame: Bytes;
  journey: Journey;
  /** There is a picture in what the server has. */
  serverSees: boolean;
}

interface Canvases {
  a: RefObject<HTMLCanvasElement | null>;
  server: RefObject<HTMLCanvasElement | null>;
  b: RefObject<HTMLCanvasElement | null>;
}

/** Bytes as a picture: what somebody sees who has nothing else. */
function drawBytes(pen: CanvasRenderingContext2D, bytes: Uint8Array): void {
  const [columns, rows] = [40, 22];
  const { width, height } = pen.canvas;
  for (let i = 0; i < columns * rows; i++) {
    const value = bytes[i % Math.max(1, bytes.length)] ?? 0;
    pen.fillStyle = `rgb(${14 + value * 0.22} ${40 + value * 0.52} ${36 + value * 0.42})`;
    pen.fillRect(
      ((i % columns) * width) / columns,
      (Math.floor(i / columns) * height) / rows,
      width / columns + 1,
      height / rows + 1,
    );
  }
}

function makeAsk(worker: Worker): (parcel: Parcel) => Promise<Journey | string> {
  const waiting = new Map<number, (journey: Journey | string) => void>();
  let next = 0;
  worker.addEventListener('message', ({ data }) => {
    waiting.get(data.id)?.(data.journey);
    waiting.delete(data.id);
  });
  return (parcel) =>
    new Promise((done) => {
      const id = next++;
      waiting.set(id, done);
      worker.postMessage({ id, parcel });
    });
}

const penOf = (ref: RefObject<HTMLCanvasElement | null>) => ref.current?.getContext('2d') ?? null;

export function useRelay(canvases: Canvases, encrypted: boolean, flip: boolean, camera: HTMLVideoElement | null) {
  const [sight, setSight] = useState<Sight | null>(null);
  const [columns, setColumns] = useState<readonly Column[] | null>(null);
  const wish = useRef({ encrypted, flip, camera });
  useEffect(() => {
    wish.current = { encrypted, flip, camera };
  }, [encrypted, flip, camera]);

  useEffect(() => {
    const worker = new Worker(new URL('./demo.worker.ts', import.meta.url), { type: 'module', name: 'relay' });
    const ask = makeAsk(worker);
    worker.addEventListener('message', ({ data }) => data.kind === 'ready' && setColumns(data.fingerprint));
    const coder: Coder = makeCoder();
    const [decodeThere, decodeHere] = [coder.decoder(), coder.decoder()];
    const start = performance.now();
    let isOver = false;

    const step = async (): Promise<void> => {
      const [a, server, b] = [penOf(canvases.a), penOf(canvases.server), penOf(canvases.b)];
      if (!a || !server || !b) return;
      const { camera: video, ...how } = wish.current;
      if (video?.videoWidth) a.drawImage(video, 0, 0, WIDTH, HEIGHT);
      else drawScene(a, (performance.now() - start) / 1000);
      const { data, kind } = await coder.encode(a.canvas);
      const journey = await ask({ frame: data, kind, codec: coder.codec, ...how });
      if (isOver || typeof journey === 'string') return;
      // The server tries what anybody could try: to show the bytes as a picture.
      const serverSees = !how.encrypted && (await decodeThere(journey.wire, kind, server));
      if (!serverSees) drawBytes(server, journey.wire.subarray(journey.clear % journey.wire.length));
      if (typeof journey.received !== 'string') await decodeHere(journey.received, kind, b);
      if (!isOver) setSight({ frame: data, journey, serverSees });
    };
    const run = async (): Promise<void> => {
      while (!isOver) {
        if (document.visibilityState === 'visible') await step().catch(() => undefined);
        await new Promise((done) => setTimeout(done, EVERY_MS));
      }
      coder.close();
    };
    void run();
    return () => {
      isOver = true;
      worker.terminate();
    };
    // The canvases are there for as long as the page is.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, []);

  return { sight, columns };
}
