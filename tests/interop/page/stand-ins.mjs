// SPDX-License-Identifier: Apache-2.0
// Firefox has neither MediaStreamTrackGenerator nor MediaStreamTrackProcessor for pages. What the driver asks of them is done
// here with a canvas and a video element, and with an audio graph.

/** A track that shows the frames written to it. */
class CanvasGenerator {
  constructor() {
    const canvas = document.createElement('canvas');
    const pen = canvas.getContext('2d', { alpha: false });
    const [track] = canvas.captureStream(25).getVideoTracks();
    track.writable = new WritableStream({
      write(frame) {
        if (canvas.width !== frame.codedWidth) Object.assign(canvas, { width: frame.codedWidth, height: frame.codedHeight });
        pen.drawImage(frame, 0, 0);
        frame.close();
      },
    });
    return track;
  }
}

/** BT.601, of video's range: the inverse of what a browser does to show it. */
function toI420({ data }, width, height) {
  const luma = width * height;
  const out = new Uint8Array((luma * 3) / 2);
  for (let i = 0; i < luma; i++) {
    const [r, g, b] = [data[4 * i], data[4 * i + 1], data[4 * i + 2]];
    out[i] = 16 + 0.257 * r + 0.504 * g + 0.098 * b;
  }
  for (let i = 0; i < luma / 4; i++) {
    const at = 4 * (2 * Math.floor(i / (width / 2)) * width + 2 * (i % (width / 2)));
    const [r, g, b] = [data[at], data[at + 1], data[at + 2]];
    out[luma + i] = 128 - 0.148 * r - 0.291 * g + 0.439 * b;
    out[(luma * 5) / 4 + i] = 128 + 0.439 * r - 0.368 * g - 0.071 * b;
  }
  return out;
}

function readPictures(track) {
  const video = Object.assign(document.createElement('video'), { muted: true, srcObject: new MediaStream([track]) });
  const playing = video.play().catch(() => {});
  return {
    async pull(out) {
      await playing;
      // Windows that nobody looks at have no frame callbacks.
      await Promise.race([new Promise((done) => video.requestVideoFrameCallback(done)), new Promise((done) => setTimeout(done, 60))]);
      const [width, height] = [video.videoWidth & ~1, video.videoHeight & ~1];
      const pen = new OffscreenCanvas(width, height).getContext('2d');
      pen.drawImage(video, 0, 0);
      const bytes = toI420(pen.getImageData(0, 0, width, height), width, height);
      const visibleRect = { width, height };
      out.enqueue({ format: 'I420', visibleRect, allocationSize: () => bytes.length, copyTo: (to) => to.set(bytes), close() {} });
    },
    cancel: () => (video.srcObject = null),
  };
}

function readSounds(track) {
  const context = new AudioContext();
  return {
    start(out) {
      const source = context.createMediaStreamSource(new MediaStream([track]));
      const tap = context.createScriptProcessor(4096, 1, 1);
      source.connect(tap).connect(context.destination);
      tap.onaudioprocess = ({ inputBuffer }) => {
        const samples = inputBuffer.getChannelData(0).slice();
        out.enqueue({ sampleRate: context.sampleRate, numberOfFrames: samples.length, copyTo: (to) => to.set(samples), close() {} });
      };
    },
    cancel: () => context.close(),
  };
}

class ElementProcessor {
  constructor({ track }) {
    this.readable = new ReadableStream(track.kind === 'video' ? readPictures(track) : readSounds(track), { highWaterMark: 0 });
  }
}

window.MediaStreamTrackGenerator ??= CanvasGenerator;
window.MediaStreamTrackProcessor ??= ElementProcessor;
