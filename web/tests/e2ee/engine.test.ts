// SPDX-License-Identifier: Apache-2.0
// Between an engine that does what livekit-client's does, and a room.
import { DataPacket, EncryptedPacketPayload } from '@livekit/protocol';
import { EventEmitter } from 'events';
import { EngineEvent } from 'livekit-client';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { type Engine, Guard, type Guarded } from '../../src/e2ee/engine';
import type { Bytes } from '../../src/e2ee/types';

const RELIABLE = 0;
const LOSSY = 1;

class TestSender {
  track: object | null = {};
  replaceTrack = vi.fn(async (track: object | null) => void (this.track = track));
}

class TestEngine extends EventEmitter {
  readonly senders: TestSender[] = [];
  readonly sent: { packet: unknown; kind: number }[] = [];
  readonly pcManager = { publisher: { getSenders: () => this.senders } };
  negotiate = vi.fn(async () => undefined);
  addTrack = vi.fn(async (request: object) => request);
  async createSimulcastSender(): Promise<TestSender> {
    return this.createSender();
  }

  sendDataTrackFrame = async (bytes: unknown) => void this.sent.push({ packet: bytes, kind: 2 });
  reconnect = vi.fn();
  attemptingReconnect = false;
  isClosed = false;
  /** What the engine does while it encrypts: asks the manager. */
  onEncrypt: (packet: DataPacket) => Promise<void> = async () => undefined;

  async createSender(): Promise<TestSender> {
    const sender = new TestSender();
    this.senders.push(sender);
    return sender;
  }

  async sendDataPacket(packet: DataPacket, kind: number): Promise<void> {
    if (packet.value.case !== 'encryptedPacket') await this.onEncrypt(packet);
    this.sent.push({ packet, kind });
  }
}

let engine: TestEngine;
let guarded: { [K in keyof Guarded]: ReturnType<typeof vi.fn> };
let guard: Guard;
let received: DataPacket[];
const isProtected = new WeakSet<object>();
const asEngine = () => engine as unknown as Engine;

beforeEach(() => {
  engine = new TestEngine();
  guarded = {
    protect: vi.fn(async (sender: object) => void isProtected.add(sender)),
    isProtected: vi.fn((sender: object) => isProtected.has(sender)),
    ...{ onReceiver: vi.fn(), onNotice: vi.fn(), onRefused: vi.fn() },
  };
  received = [];
  engine.on(EngineEvent.DataPacketReceived, (packet: DataPacket) => received.push(packet));
  guard = new Guard(asEngine(), guarded as unknown as Guarded);
});

const user = (text: string, topic = 'chat') =>
  ({ case: 'user', value: { payload: new TextEncoder().encode(text), topic } }) as DataPacket['value'];
const packet = (value: DataPacket['value'], identity = 'anna') => new DataPacket({ value, participantIdentity: identity });
const emit = (one: DataPacket) => engine.emit(EngineEvent.DataPacketReceived, one, 0);
const payloadOf = (text: string): Bytes =>
  new EncryptedPacketPayload({ value: user(text) as never }).toBinary() as Bytes;

describe('an engine that is not the one we know', () => {
  it('is not used', () => {
    expect(() => new Guard({ emit() {}, on() {} } as unknown as Engine, guarded as unknown as Guarded)).toThrow('not the version');
  });
});

describe('coming in', () => {
  it('a packet that nobody opened does not reach the room', () => {
    for (const value of [user('hi'), { case: 'transcription', value: {} }, { case: 'rpcRequest', value: {} }] as never[]) {
      emit(packet(value));
    }
    expect(received).toEqual([]);
    expect(guarded.onRefused.mock.calls).toEqual([['clear-packet'], ['clear-packet'], ['clear-packet']]);
  });

  it('a packet that was opened does, with the bytes that were opened', () => {
    guard.opened(payloadOf('hello'), 'ben', 'PA_2');
    emit(packet(user('something else')));
    expect(received.length).toBe(1);
    const [{ value, participantIdentity, participantSid }] = received as [DataPacket];
    expect([new TextDecoder().decode((value.value as { payload: Bytes }).payload), participantIdentity, participantSid]).toEqual([
      ...['hello', 'ben', 'PA_2'],
    ]);
  });

  it('it counts once: the next packet is not let through with it', () => {
    guard.opened(payloadOf('hello'), 'ben', 'PA_2');
    emit(new DataPacket());
    emit(packet(user('clear')));
    expect(received.length).toBe(1);
    expect(guarded.onRefused).toHaveBeenCalledTimes(1);
  });

  it('bytes that are no message reach nobody, and what follows them neither', () => {
    guard.opened(new Uint8Array([255, 255, 255]), 'ben', 'PA_2');
    emit(packet(user('clear')));
    emit(packet(user('clear')));
    expect(received).toEqual([]);
  });

  it('a packet for the worker is no packet for the room', () => {
    emit(new DataPacket({ participantIdentity: 'ben' }));
    expect(received).toEqual([]);
    expect(guarded.onRefused).not.toHaveBeenCalled();
  });

  it("the server's notices are told to the page and do not reach the room", () => {
    emit(packet(user('the room closes', 'system'), ''));
    expect(guarded.onNotice).toHaveBeenCalledTimes(1);
    expect(received).toEqual([]);
  });

  it('nothing else is a notice: with a sender, under another topic, or endless', () => {
    emit(packet(user('x', 'system'), 'anna'));
    emit(packet(user('x', 'chat'), ''));
    emit(packet(user('x'.repeat(5000), 'system'), ''));
    const withSid = packet(user('x', 'system'), '');
    withSid.participantSid = 'PA_1';
    emit(withSid);
    expect(guarded.onNotice).not.toHaveBeenCalled();
    expect(guarded.onRefused).toHaveBeenCalledTimes(4);
  });

  it('speakers by a data packet, and data tracks, are nothing we take', () => {
    const speakers = vi.fn();
    engine.on(EngineEvent.ActiveSpeakersUpdate, speakers);
    engine.on('dataTrackPacketReceived', speakers);
    engine.emit(EngineEvent.ActiveSpeakersUpdate, []);
    engine.emit('dataTrackPacketReceived', new Uint8Array(3));
    expect(speakers).not.toHaveBeenCalled();
    expect(guarded.onRefused.mock.calls).toEqual([['clear-packet'], ['data-track']]);
  });

  it('other events pass', () => {
    const heard = vi.fn();
    engine.on(EngineEvent.Connected, heard);
    engine.emit(EngineEvent.Connected, 1);
    expect(heard).toHaveBeenCalledWith(1);
  });

  it('a receiver is wrapped as soon as there is one', () => {
    const receiver = {};
    engine.emit(EngineEvent.MediaTrackAdded, {}, {}, receiver);
    expect(guarded.onReceiver).toHaveBeenCalledWith(receiver);
  });
});

describe('going out', () => {
  const create = (options: object = { videoCodec: 'vp8' }) => asEngine().createSender({}, options);

  it('a sender is given out when it is wrapped, not before', async () => {
    let finish = (): void => undefined;
    guarded.protect.mockImplementation(() => new Promise<void>((done) => (finish = done)));
    const done = vi.fn();
    void create().then(done);
    await new Promise((next) => setImmediate(next));
    expect(done).not.toHaveBeenCalled();
    finish();
    await new Promise((next) => setImmediate(next));
    expect(done).toHaveBeenCalled();
  });

  it('a sender that cannot be wrapped sends nothing', async () => {
    guarded.protect.mockRejectedValue(new Error('no key'));
    await expect(create()).rejects.toThrow('no key');
    expect(engine.senders[0]?.track).toBe(null);
  });

  it('AV1 and second codecs are not sent', async () => {
    await expect(create({ videoCodec: 'av1' })).rejects.toThrow('AV1');
    await expect(asEngine().createSimulcastSender()).rejects.toThrow('one codec');
    expect(engine.senders).toEqual([]);
  });

  it('what is negotiated for is wrapped, or has no track', async () => {
    const good = (await create()) as unknown as TestSender;
    const bad = new TestSender();
    engine.senders.push(bad);
    await asEngine().negotiate();
    expect([good.track, bad.track]).toEqual([{}, null]);
    expect(guarded.onRefused).toHaveBeenCalledWith('unwrapped-sender');
  });

  it('what is still being wrapped is waited for', async () => {
    let finish = (): void => undefined;
    guarded.protect.mockImplementation(async (sender: object) => {
      await new Promise<void>((done) => (finish = done));
      isProtected.add(sender);
    });
    const [negotiated, negotiate] = [vi.fn(), engine.negotiate];
    void create();
    await new Promise((next) => setImmediate(next));
    void negotiate().then(negotiated);
    await new Promise((next) => setImmediate(next));
    expect(negotiated).not.toHaveBeenCalled();
    finish();
    await new Promise((next) => setImmediate(next));
    expect(negotiated).toHaveBeenCalled();
    expect(engine.senders[0]?.track).toEqual({});
  });

  it('a track is announced as encrypted, without RED', async () => {
    const request = { encryption: 0, disableRed: false };
    await asEngine().addTrack(request);
    expect(request).toEqual({ encryption: 1, disableRed: true });
  });

  it('a packet that the SDK would not encrypt is not sent', async () => {
    for (const name of ['sipDtmf', 'metrics', 'speaker', 'transcription', 'encryptedPacket', undefined]) {
      const value = { case: name, value: {} } as never;
      await expect(asEngine().sendDataPacket({ value }, RELIABLE)).rejects.toThrow('never sent unencrypted');
    }
    await expect(asEngine().sendDataTrackFrame(new Uint8Array(1))).rejects.toThrow('data tracks');
    expect(engine.sent).toEqual([]);
    expect(guarded.onRefused).toHaveBeenCalledTimes(7);
  });

  it("a worker's packet is sent as it is", async () => {
    await guard.sendForWorker({ payload: new Uint8Array(1), iv: new Uint8Array(12), keyIndex: 0, to: [] });
    expect(engine.sent.length).toBe(1);
  });

  it('each packet is known by its kind while it is encrypted', async () => {
    const seen: [string, boolean][] = [];
    engine.onEncrypt = async ({ value }) => {
      // Connecting takes its time, and not the same for each packet.
      const text = new TextDecoder().decode((value.value as { payload: Bytes }).payload);
      await new Promise((done) => setTimeout(done, text === '0' ? 20 : 1));
      seen.push([text, guard.takeTurn()]);
      await new Promise((done) => setTimeout(done, 5));
    };
    const kinds = [RELIABLE, LOSSY, RELIABLE, LOSSY, LOSSY, RELIABLE];
    await Promise.all(kinds.map((kind, i) => asEngine().sendDataPacket(packet(user(String(i))), kind)));
    expect(seen).toEqual(kinds.map((kind, i) => [String(i), kind === RELIABLE]));
  });

  it('a packet that cannot be sent does not hold up the others', async () => {
    engine.onEncrypt = async ({ value }) => {
      if (new TextDecoder().decode((value.value as { payload: Bytes }).payload) === 'bad') throw new Error('no');
      guard.takeTurn();
    };
    await expect(asEngine().sendDataPacket(packet(user('bad')), RELIABLE)).rejects.toThrow('no');
    await asEngine().sendDataPacket(packet(user('good')), RELIABLE);
    expect(engine.sent.length).toBe(1);
  });

  it('what is said while connections are made anew waits for them, as long as the engine lives', async () => {
    vi.useFakeTimers();
    engine.attemptingReconnect = true;
    const said = Promise.all(['one', 'two'].map((text) => asEngine().sendDataPacket(packet(user(text)), RELIABLE)));
    await vi.advanceTimersByTimeAsync(2000);
    expect(engine.sent).toEqual([]);
    engine.attemptingReconnect = false;
    await vi.advanceTimersByTimeAsync(100);
    await said;
    expect(engine.sent.length).toBe(2);
    Object.assign(engine, { attemptingReconnect: true, isClosed: true });
    await asEngine().sendDataPacket(packet(user('three')), RELIABLE);
    vi.useRealTimers();
  });
});
