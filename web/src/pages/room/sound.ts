// SPDX-License-Identifier: Apache-2.0
// How loud the microphone is, and a sound to hear the loudspeaker by.

const FALL = 0.82;

/** Loudness of a track, 0 to 1, told a dozen times a second. Ends with what is returned. */
export function measure(track: MediaStreamTrack, tell: (level: number) => void): () => void {
  const context = new AudioContext();
  const source = context.createMediaStreamSource(new MediaStream([track]));
  const analyser = context.createAnalyser();
  analyser.fftSize = 1024;
  source.connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  let shown = 0;
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(samples);
    const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
    // From -60 dB to -10 dB.
    const level = Math.min(1, Math.max(0, (10 * Math.log10(power + 1e-9) + 60) / 50));
    shown = Math.max(level, shown * FALL);
    tell(shown);
  }, 80);
  return () => {
    clearInterval(timer);
    void context.close();
  };
}

const NOTES = [523.25, 659.25, 783.99];
const NOTE_S = 0.22;

/** Three notes, on the loudspeaker that was chosen where the browser can. */
export async function playTest(speakerId?: string): Promise<void> {
  const context = new AudioContext() as AudioContext & { setSinkId?: (id: string) => Promise<void> };
  if (speakerId) await context.setSinkId?.(speakerId).catch(() => undefined);
  const start = context.currentTime + 0.05;
  NOTES.forEach((frequency, index) => {
    const [from, to] = [start + index * NOTE_S, start + (index + 1) * NOTE_S];
    const note = new OscillatorNode(context, { type: 'sine', frequency });
    const volume = new GainNode(context, { gain: 0 });
    volume.gain.setValueAtTime(0, from);
    volume.gain.linearRampToValueAtTime(0.2, from + 0.02);
    volume.gain.linearRampToValueAtTime(0, to);
    note.connect(volume).connect(context.destination);
    note.start(from);
    note.stop(to);
  });
  await new Promise((done) => setTimeout(done, (NOTES.length * NOTE_S + 0.1) * 1000));
  await context.close();
}
