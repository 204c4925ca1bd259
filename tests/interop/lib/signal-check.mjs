// SPDX-License-Identifier: Apache-2.0
// What senders show and sing, and how a receiver knows it again: a bright bar that wanders over a coloured ground, and
// a tone of one frequency. Used in Node and in pages.

export const BAR_SHARE = 8; // the bar's width is this part of the picture's
export const STEPS = 40; // frames of one walk through the picture
export const GROUND_LUMA = 60;
export const BAR_LUMA = 220;
export const RATE = 48000;
export const PLACES = 6; // at so many places the bar must have been before it counts as moving

/**
 * One frame of the pattern, planar YUV 4:2:0. `u` and `v` colour the ground; with `noise` the ground is grained, which
 * gives an encoder something to do.
 */
export function patternI420(width, height, step, { u, v, noise = 0 }) {
  const data = new Uint8Array((width * height * 3) / 2);
  const bar = Math.floor(width / BAR_SHARE);
  const left = Math.floor(((step % STEPS) * width) / STEPS);
  const row = new Uint8Array(width).fill(GROUND_LUMA);
  for (let i = 0; i < bar; i++) row[(left + i) % width] = BAR_LUMA;
  for (let y = 0; y < height; y++) data.set(row, y * width);
  if (noise) for (let i = 0; i < width * height; i++) data[i] += Math.floor(Math.random() * noise);
  const chroma = (width * height) / 4;
  data.fill(u, width * height, width * height + chroma);
  data.fill(v, width * height + chroma);
  return data;
}

/**
 * Finds the bar in the luma of one picture row: its centre as a share of the width, or null when the row does not show
 * exactly one bar of the right width (it may run over the edge) on a dark ground.
 */
export function findBar(row) {
  const width = row.length;
  let bright = 0;
  let edges = 0;
  let x = 0;
  let y = 0;
  for (let i = 0; i < width; i++) {
    const here = row[i] > 140;
    if (here !== row[(i + width - 1) % width] > 140) edges++;
    if (!here) continue;
    bright++;
    x += Math.cos((2 * Math.PI * i) / width);
    y += Math.sin((2 * Math.PI * i) / width);
  }
  const share = (bright * BAR_SHARE) / width;
  if (edges !== 2 || share < 0.6 || share > 1.5) return null;
  return (Math.atan2(y, x) / (2 * Math.PI) + 1) % 1;
}

/** What was seen of a video so far: pictures, the places of the bar, and of the last picture its size and colour. */
export class Sight {
  frames = 0;
  places = new Set();
  width = 0;
  height = 0;
  u = 0;
  v = 0;

  /** One planar YUV 4:2:0 picture without padding. */
  look(data, width, height) {
    this.frames++;
    Object.assign(this, { width, height });
    const middle = Math.floor(height / 2) * width;
    const place = findBar(data.subarray(middle, middle + width));
    if (place !== null) this.places.add(Math.round(place * STEPS));
    const luma = width * height;
    const chroma = Math.ceil(width / 2) * Math.ceil(height / 2);
    this.u = data[luma + Math.floor(chroma / 2)];
    this.v = data[luma + chroma + Math.floor(chroma / 2)];
  }

  get moves() {
    return this.places.size >= PLACES;
  }

  plain() {
    const { frames, width, height, u, v } = this;
    return { frames, places: this.places.size, width, height, u, v };
  }
}

/** The share of a sound's energy at `frequency`, 0 to 1 (Goertzel); 0 for what is as good as silence. */
export function toneShare(samples, rate, frequency) {
  const turn = 2 * Math.cos((2 * Math.PI * frequency) / rate);
  let [older, old, energy] = [0, 0, 0];
  for (const sample of samples) {
    const now = sample + turn * old - older;
    older = old;
    old = now;
    energy += sample * sample;
  }
  if (energy / samples.length < 100 * 100) return 0;
  const power = old * old + older * older - turn * old * older;
  return (2 * power) / (samples.length * energy);
}

/** Judges a sound, 16 bit samples given piece by piece, by its best quarter second. */
export class Hearing {
  best = 0;
  #held = [];

  constructor(frequency, rate = RATE) {
    Object.assign(this, { frequency, rate });
  }

  hear(samples) {
    for (const sample of samples) this.#held.push(sample);
    const window = this.rate / 4;
    if (this.#held.length < window) return;
    this.best = Math.max(this.best, toneShare(this.#held.slice(0, window), this.rate, this.frequency));
    this.#held = [];
  }
}
