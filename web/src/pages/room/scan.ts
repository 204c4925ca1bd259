// SPDX-License-Identifier: Apache-2.0
// Reads a QR code from a video: by the browser, or by jsQR where it cannot.

interface Detector {
  detect(source: CanvasImageSource): Promise<{ rawValue: string }[]>;
}

type DetectorClass = { new (options: { formats: string[] }): Detector; getSupportedFormats(): Promise<string[]> };

type Read = (video: HTMLVideoElement) => Promise<string | null>;

async function readerOfBrowser(): Promise<Read | null> {
  const { BarcodeDetector } = globalThis as { BarcodeDetector?: DetectorClass };
  if (!BarcodeDetector || !(await BarcodeDetector.getSupportedFormats()).includes('qr_code')) return null;
  const detector = new BarcodeDetector({ formats: ['qr_code'] });
  return async (video) => (await detector.detect(video))[0]?.rawValue ?? null;
}

async function ownReader(): Promise<Read> {
  const { default: jsQR } = await import('jsqr');
  const canvas = document.createElement('canvas');
  const pen = canvas.getContext('2d', { willReadFrequently: true });
  return async (video) => {
    [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
    if (!pen || !canvas.width) return null;
    pen.drawImage(video, 0, 0);
    const { data, width, height } = pen.getImageData(0, 0, canvas.width, canvas.height);
    return jsQR(data, width, height)?.data || null;
  };
}

const PAUSE_MS = 150;

/** Looks at the video until there is a code in it, or until it is told to stop. */
export async function scan(video: HTMLVideoElement, signal: AbortSignal): Promise<string | null> {
  const read = (await readerOfBrowser().catch(() => null)) ?? (await ownReader());
  while (!signal.aborted) {
    const text = video.readyState >= 2 ? await read(video).catch(() => null) : null;
    if (text) return text;
    await new Promise((done) => setTimeout(done, PAUSE_MS));
  }
  return null;
}
