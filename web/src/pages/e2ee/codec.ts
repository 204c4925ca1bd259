// SPDX-License-Identifier: Apache-2.0
// Pictures become frames and frames become pictures: VP8 by the browser's own coder where it has one, else small pictures of
// a byte for each point, which stay real bytes all the same.
import type { Bytes, Codec, FrameKind } from '../../e2ee/types';

export const WIDTH = 320;
export const HEIGHT = 180;
const SMALL = { width: 64, height: 36 };

export interface Frame {
  data: Bytes;
  kind: FrameKind;
}

export interface Coder {
  codec: Codec;
  encode(picture: HTMLCanvasElement): Promise<Frame>;
  /** Draws what is in a frame. False: there is no picture in these bytes. */
  decoder(): (data: Bytes, kind: FrameKind, to: CanvasRenderingContext2D) => Promise<boolean>;
  close(): void;
}

function vp8(): Coder {
  let done: ((frame: Frame) => void) | null = null;
  let count = 0;
  const encoder = new VideoEncoder({
    output: (chunk) => {
      const data = new Uint8Array(chunk.byteLength);
      chunk.copyTo(data);
      done?.({ data, kind: chunk.type === 'key' ? 'key' : 'delta' });
    },
    error: () => undefined,
  });
  encoder.configure({
    codec: 'vp8',
    width: WIDTH,
    height: HEIGHT,
    bitrate: 120_000,
    framerate: 4,
    latencyMode: 'realtime',
  });
  const time = (): number => count++ * 250_000;
  return {
    codec: 'vp8',
    encode: (picture) =>
      new Promise((resolve) => {
        done = resolve;
        const frame = new VideoFrame(picture, { timestamp: time() });
        // Whoever joins, or lost a frame, sees again at once: each frame stands for itself.
        encoder.encode(frame, { keyFrame: true });
        frame.close();
        void encoder.flush();
      }),
    decoder: () => async (data, kind, to) => {
      let isDrawn = false;
      try {
        const decoder = new VideoDecoder({
          output: (frame) => {
            to.drawImage(frame, 0, 0, to.canvas.width, to.canvas.height);
            frame.close();
            isDrawn = true;
          },
          error: () => undefined,
        });
        decoder.configure({ codec: 'vp8' });
        decoder.decode(new EncodedVideoChunk({ type: kind === 'key' ? 'key' : 'delta', timestamp: 0, data }));
        await decoder.flush();
        decoder.close();
      } catch {
        return false;
      }
      return isDrawn;
    },
    close: () => encoder.close(),
  };
}

function raw(): Coder {
  const small = document.createElement('canvas');
  [small.width, small.height] = [SMALL.width, SMALL.height];
  const pen = small.getContext('2d', { willReadFrequently: true });
  return {
    codec: 'opus',
    encode: async (picture) => {
      pen?.drawImage(picture, 0, 0, SMALL.width, SMALL.height);
      const points = pen?.getImageData(0, 0, SMALL.width, SMALL.height).data ?? new Uint8ClampedArray(0);
      const data = new Uint8Array(points.length / 4 + 1);
      for (let i = 0; i < data.length - 1; i++) data[i + 1] = points[i * 4 + 1] ?? 0;
      return { data, kind: 'audio' };
    },
    decoder: () => async (data, _kind, to) => {
      if (data.length !== SMALL.width * SMALL.height + 1) return false;
      const points = new ImageData(SMALL.width, SMALL.height);
      for (let i = 0; i < data.length - 1; i++)
        points.data.set([data[i + 1] ?? 0, data[i + 1] ?? 0, data[i + 1] ?? 0, 255], i * 4);
      pen?.putImageData(points, 0, 0);
      to.drawImage(small, 0, 0, to.canvas.width, to.canvas.height);
      return true;
    },
    close: () => undefined,
  };
}

export const makeCoder = (): Coder => ('VideoEncoder' in globalThis && 'VideoDecoder' in globalThis ? vp8() : raw());

export interface Clear {
  width: number;
  height: number;
}

/** What the clear bytes at the start of a VP8 key frame say: that it is one, and its size. */
export function readClear(data: Uint8Array): Clear | null {
  const [b0 = 1, , , b3, b4, b5, w0 = 0, w1 = 0, h0 = 0, h1 = 0] = data;
  const isKey = (b0 & 1) === 0 && b3 === 0x9d && b4 === 0x01 && b5 === 0x2a;
  return isKey ? { width: (w0 | (w1 << 8)) & 0x3fff, height: (h0 | (h1 << 8)) & 0x3fff } : null;
}
