// SPDX-License-Identifier: Apache-2.0
// People who use the web app: rooms made over REST, pages driven by what a person sees and presses.
import { randomBytes } from 'node:crypto';
import { openContext, openPage } from './browser.mjs';
import { check, Skip, until } from './tap.mjs';

export const newKey = () => randomBytes(32).toString('base64url');

/** Devices that show one colour and sing one tone, so that people are told apart by pixels and frequency. */
const DEVICES = ({ hue, frequency }) => `
  const draw = () => {
    const canvas = document.createElement('canvas');
    Object.assign(canvas, { width: 640, height: 360 });
    const pen = canvas.getContext('2d');
    let step = 0;
    setInterval(() => {
      pen.fillStyle = 'hsl(${hue} 70% 45%)';
      pen.fillRect(0, 0, 640, 360);
      pen.fillStyle = 'hsl(${hue} 40% 80%)';
      pen.fillRect((step++ * 16) % 640, 0, 60, 360);
    }, 60);
    return canvas.captureStream(15).getVideoTracks()[0];
  };
  const sing = () => {
    const context = new AudioContext({ sampleRate: 48000 });
    const tone = new OscillatorNode(context, { frequency: ${frequency} });
    const out = context.createMediaStreamDestination();
    tone.connect(new GainNode(context, { gain: 0.3 })).connect(out);
    tone.start();
    return out.stream.getAudioTracks()[0];
  };
  MediaDevices.prototype.getUserMedia = async ({ audio, video }) =>
    new MediaStream([...(audio ? [sing()] : []), ...(video ? [draw()] : [])]);
  MediaDevices.prototype.getDisplayMedia = async () => {
    const canvas = document.createElement('canvas');
    Object.assign(canvas, { width: 1280, height: 720 });
    const pen = canvas.getContext('2d');
    let step = 0;
    setInterval(() => {
      pen.fillStyle = '#fff';
      pen.fillRect(0, 0, 1280, 720);
      pen.fillStyle = '#c50';
      pen.fillRect((step++ * 32) % 1280, 100, 90, 520);
    }, 100);
    return canvas.captureStream(10);
  };
`;

export class Account {
  /** The first account of a server that runs on this machine needs no code. */
  static async register(server, name = 'Anna Host') {
    const account = new Account();
    Object.assign(account, { server, name, email: `${randomBytes(6).toString('hex')}@example.org`, password: 'a long sentence to type' });
    const { accessToken, user } = await account.post('/auth/register', { email: account.email, password: account.password, name });
    return Object.assign(account, { accessToken, id: user.id });
  }

  async post(path, body = {}, method = 'POST') {
    const headers = { 'Content-Type': 'application/json' };
    if (this.accessToken) headers.Authorization = `Bearer ${this.accessToken}`;
    const answer = await fetch(`${this.server.url}/api${path}`, { method, headers, body: JSON.stringify(body) });
    const json = await answer.json();
    check(answer.ok, `${path}: ${answer.status} ${JSON.stringify(json)}`);
    return json;
  }

  room({ e2ee = false, ...settings } = {}) {
    const all = { allowChat: true, allowVideo: true, allowAudio: true, requireApproval: false, e2ee, ...settings };
    return this.post('/room/create', { isPublic: true, maxParticipants: 0, settings: all });
  }
}

const VIEW = { width: 1440, height: 900 };

export class Visitor {
  /** Opens a room's address with this fragment, as somebody with a link does. */
  static async open(server, room, name, { key, hue = 200, frequency = 440, viewport = VIEW, account, ...options } = {}) {
    if ((await fetch(`${server.url}/m/x`)).status === 404) throw new Skip('this build contains no pages');
    const visitor = new Visitor();
    const context = await openContext({ viewport, reducedMotion: 'reduce', ...options });
    await context.grantPermissions(['camera', 'microphone', 'clipboard-read', 'clipboard-write']);
    visitor.name = name;
    visitor.page = await openPage(`${server.url}/`, DEVICES({ hue, frequency }), context);
    const { page } = visitor;
    Object.assign(page, { refused: [], failures: [] });
    page.on('pageerror', (error) => page.failures.push(error.message));
    page.on('console', (line) => /Content Security Policy|Refused to/.test(line.text()) && page.refused.push(line.text()));
    // What of the network a test can take away.
    await page.routeWebSocket(/\/livekit\/rtc/, (socket) => {
      visitor.socket = socket;
      visitor.sockets = (visitor.sockets ?? 0) + 1;
      socket.connectToServer();
    });
    if (account) await visitor.signIn(account);
    await visitor.page.goto(`${server.url}/m/${room.name}${key ? `#key=${key}` : ''}`);
    return visitor;
  }

  async signIn({ email, password }) {
    await this.page.goto(new URL('/auth/login', this.page.url()).href);
    await this.page.getByLabel('Email').fill(email);
    await this.page.getByLabel('Password', { exact: true }).fill(password);
    await this.page.locator('form button[type=submit]').click();
    await this.page.waitForURL((url) => !url.pathname.startsWith('/auth'));
  }

  /** Presses "Join" on the pre-join page. */
  async ask() {
    const name = this.page.getByRole('textbox', { name: /name/i });
    if (await name.isEditable()) await name.fill(this.name);
    await this.page.getByRole('button', { name: /^join/i }).click();
  }

  async inside() {
    await this.page.locator('[data-control="leave"]').waitFor({ timeout: 20000 });
    return this;
  }

  async join() {
    await this.ask();
    return this.inside();
  }

  static async in(server, room, name, options) {
    return (await Visitor.open(server, room, name, options)).join();
  }

  control(name) {
    return this.page.locator(`[data-control="${name}"]:visible`).first();
  }

  tile(name) {
    return this.page.locator(`[data-tile]`, { hasText: name });
  }

  /** The WebSocket is lost. */
  cut() {
    return this.socket.close({ code: 4000, reason: 'cut' });
  }

  /** Writes to all; the chat is open. */
  async say(text) {
    await this.page.getByLabel('Message everyone').fill(text);
    await this.page.keyboard.press('Enter');
  }

  /** What is in the middle of somebody's picture, and whether it moves. */
  picture(name, source = 'camera') {
    return this.page.evaluate(
      async ([who, from]) => {
        const tile = [...document.querySelectorAll('[data-tile]')].find((one) => one.textContent.includes(who) && one.querySelector(`video[data-source="${from}"]`));
        const video = tile?.querySelector('video');
        if (!video?.videoWidth) return null;
        const look = () => {
          const pen = new OffscreenCanvas(64, 36).getContext('2d');
          pen.drawImage(video, 0, 0, 64, 36);
          return pen.getImageData(0, 0, 64, 36).data;
        };
        const before = look();
        await new Promise((done) => setTimeout(done, 400));
        const after = look();
        const moves = before.some((value, i) => Math.abs(value - after[i]) > 24);
        return { moves, middle: [...after.slice(4 * (18 * 64 + 32), 4 * (18 * 64 + 32) + 3)], width: video.videoWidth };
      },
      [name, source],
    );
  }

  /** Whether a moving picture of this hue (60 degrees wide) is seen. */
  async seesHue(name, hue, ms = 30000) {
    await until(
      `${this.name} sees ${name} in colour ${hue}`,
      async () => {
        const seen = await this.picture(name);
        if (!seen?.moves) return false;
        const [r, g, b] = seen.middle;
        const [most, least] = [Math.max(r, g, b), Math.min(r, g, b)];
        if (most - least < 30) return false;
        const sector = most === r ? ((g - b) / (most - least) + 6) % 6 : most === g ? (b - r) / (most - least) + 2 : (r - g) / (most - least) + 4;
        return Math.abs(((sector * 60 - hue + 540) % 360) - 180) < 30;
      },
      ms,
    );
  }

  /** The share of this frequency in what is played of somebody, by an FFT of the element's own sound. */
  tone(frequency) {
    return this.page.evaluate(async (wanted) => {
      const context = (window.listening ??= new AudioContext({ sampleRate: 48000 }));
      await context.resume();
      const shares = [];
      for (const audio of document.querySelectorAll('audio')) {
        if (!audio.srcObject || audio.muted || audio.paused) continue;
        const analyser = new AnalyserNode(context, { fftSize: 8192, smoothingTimeConstant: 0 });
        const source = context.createMediaStreamSource(audio.srcObject);
        source.connect(analyser);
        await new Promise((done) => setTimeout(done, 350));
        const bins = new Uint8Array(analyser.frequencyBinCount);
        analyser.getByteFrequencyData(bins);
        const loudest = bins.indexOf(Math.max(...bins));
        shares.push({ loud: bins[loudest], at: (loudest * 48000) / 8192 });
        source.disconnect();
      }
      return shares.some(({ loud, at }) => loud > 120 && Math.abs(at - wanted) < 15);
    }, frequency);
  }

  hears(frequency, ms = 20000) {
    return until(`${this.name} hears ${frequency} Hz`, () => this.tone(frequency), ms);
  }

  lock(name) {
    return this.tile(name).first().getAttribute('data-lock');
  }

  pill() {
    return this.page.locator('[data-pill]:visible').first().getAttribute('data-pill');
  }
}
