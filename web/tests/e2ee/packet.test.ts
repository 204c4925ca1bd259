// SPDX-License-Identifier: Apache-2.0
// Data packets: who sent them, in which order, and once.
import { describe, expect, it } from 'vitest';
import { IvSource } from '../../src/e2ee/iv';
import { encryptPacket, type OpenedPacket, PacketOpener, PacketSealer, type SealedPacket } from '../../src/e2ee/packet';
import { KeyRing } from '../../src/e2ee/ring';
import { Senders } from '../../src/e2ee/senders';
import { type Bytes, type FrameKey, MAX_PACKET } from '../../src/e2ee/types';
import { frameKey, Numbers } from './kit';

const [key, nextKey] = (await Promise.all([frameKey(1), frameKey(2)])) as [FrameKey, FrameKey];
const numbers = new Numbers(1);

function room() {
  const ring = new KeyRing();
  ring.set(2, key);
  ring.use(2);
  const senders = new Senders();
  senders.add('alice');
  senders.add('bob');
  const sealerOf = (identity: string) => new PacketSealer({ identity, ring, ivs: new IvSource() });
  return { ring, senders, sealerOf, opener: new PacketOpener({ ringOf: () => ring, senders }) };
}

async function sealed(sealer: PacketSealer, plain = numbers.bytes(40)): Promise<SealedPacket> {
  const result = await sealer.seal(plain, 0);
  if (typeof result === 'string') throw new Error(result);
  return result;
}

describe('a packet', () => {
  it('goes through, with its sender and its order', async () => {
    const { sealerOf, opener } = room();
    const sealer = sealerOf('alice');
    for (let i = 0; i < 20; i++) {
      const plain = numbers.bytes(i);
      const packet = await sealed(sealer, plain);
      expect(packet.keyIndex).toBe(2);
      expect(packet.payload).toHaveLength(i + 16);
      expect(await opener.open(packet, 'alice', i)).toEqual({ data: plain, verified: true, order: i });
    }
    expect(opener.health).toMatchObject({ ok: 20, lastOkMs: 19, dropped: {} });
  });

  it('tells when others are missing or late', async () => {
    const { sealerOf, opener } = room();
    const sealer = sealerOf('alice');
    const packets = [await sealed(sealer), await sealed(sealer), await sealed(sealer)] as const;
    const orders = [];
    for (const packet of [packets[2], packets[0]]) orders.push(((await opener.open(packet, 'alice', 0)) as OpenedPacket).order);
    expect(orders).toEqual([2, 0]);
  });

  it('is opened once, for whomever', async () => {
    const { sealerOf, opener } = room();
    const packet = await sealed(sealerOf('alice'));
    expect(await opener.open(packet, 'alice', 0)).toMatchObject({ verified: true });
    expect(await opener.open(packet, 'alice', 0)).toBe('replay');
    expect(await opener.open(packet, 'bob', 0)).toBe('sender');
  });

  it('of one is refused as another\'s, in the first place too', async () => {
    const { sealerOf, opener } = room();
    expect(await opener.open(await sealed(sealerOf('alice')), 'bob', 0)).toBe('sender');
    expect(opener.health).toMatchObject({ ok: 0, dropped: { sender: 1 } });
  });

  it('is refused when altered, cut, or under another key', async () => {
    const { ring, sealerOf, opener } = room();
    const packet = await sealed(sealerOf('alice'));
    for (const field of ['payload', 'iv'] as const) {
      for (let i = 0; i < packet[field].length; i++) {
        const altered = packet[field].slice();
        altered[i] = (altered[i] as number) ^ 0x10;
        expect(await opener.open({ ...packet, [field]: altered }, 'alice', 0)).toBe('auth');
      }
    }
    expect(await opener.open({ ...packet, payload: packet.payload.slice(0, 15) }, 'alice', 0)).toBe('short');
    expect(await opener.open({ ...packet, payload: new Uint8Array(MAX_PACKET + 17) }, 'alice', 0)).toBe('large');
    expect(await opener.open({ ...packet, iv: packet.iv.slice(0, 11) }, 'alice', 0)).toBe('bad-trailer');
    expect(await opener.open({ ...packet, keyIndex: 3 }, 'alice', 0)).toBe('no-key');
    ring.set(3, nextKey);
    expect(await opener.open({ ...packet, keyIndex: 3 }, 'alice', 0)).toBe('auth');
    expect(await opener.open(packet, 'alice', 0)).toMatchObject({ verified: true });
  });

  it('is not sent without a key, too large, or when anything throws', async () => {
    const { ring, sealerOf } = room();
    const sealer = sealerOf('alice');
    expect(await sealer.seal(new Uint8Array(MAX_PACKET + 1), 0)).toBe('large');
    expect(await sealer.seal(new Uint8Array(MAX_PACKET), 0)).toMatchObject({ keyIndex: 2 });
    ring.clear();
    expect(await sealer.seal(numbers.bytes(9), 1)).toBe('no-key');
    expect(await sealer.seal(null as unknown as Bytes, 2)).toBe('no-key');
    ring.set(0, { aes: null as unknown as CryptoKey, marks: null });
    ring.use(0);
    expect(await sealer.seal(numbers.bytes(9), 3)).toBe('internal');
    expect(await sealer.seal(null as unknown as Bytes, 4)).toBe('internal');
    expect(sealer.health).toMatchObject({ ok: 1, dropped: { large: 1, 'no-key': 2, internal: 2 }, lastDropMs: 4 });
    const exhausted = new PacketSealer({ identity: 'a', ring: room().ring, ivs: new IvSource(undefined, 2 ** 28) });
    expect(await exhausted.seal(numbers.bytes(9), 0)).toBe('exhausted');
  });

  it('never throws at whoever opens it', async () => {
    const { senders } = room();
    const opener = new PacketOpener({
      ringOf: () => {
        throw new Error('no ring');
      },
      senders,
    });
    expect(await opener.open(await sealed(room().sealerOf('alice')), 'alice', 7)).toBe('internal');
    expect(opener.health).toMatchObject({ dropped: { internal: 1 }, lastDropMs: 7 });
  });

  it('under a retired key opens until the deadline', async () => {
    const { ring, sealerOf, opener } = room();
    const sealer = sealerOf('alice');
    const packets = [await sealed(sealer), await sealed(sealer)] as const;
    ring.retire(2, 10_000);
    expect(await opener.open(packets[0], 'alice', 9_999)).toMatchObject({ verified: true });
    expect(await opener.open(packets[1], 'alice', 10_000)).toBe('no-key');
  });
});

describe('a packet of another maker', () => {
  const foreign = async (first: number): Promise<SealedPacket> => {
    const iv = new Uint8Array(12);
    new DataView(iv.buffer).setUint32(0, first);
    return { payload: (await encryptPacket(Uint8Array.of(1), key.aes, iv)) as Bytes, iv, keyIndex: 2 };
  };

  it('is opened once, and neither verified nor ordered', async () => {
    const { opener } = room();
    for (let i = 0; i < 2000; i++) {
      expect(await opener.open(await foreign(i), 'robot', 0)).toEqual({ data: Uint8Array.of(1), verified: false, order: null });
    }
    expect(await opener.open(await foreign(0), 'robot', 0)).toBe('replay');
    expect(await opener.open(await foreign(1999), 'other robot', 0)).toBe('replay');
  });

  it('is refused from whom we know with a client of ours', async () => {
    const { opener, sealerOf } = room();
    const sealer = sealerOf('alice');
    for (let i = 0; i < 8; i++) await opener.open(await sealed(sealer), 'alice', 0);
    expect(await opener.open(await foreign(1), 'alice', 0)).toBe('sender');
  });
});

describe('memory', () => {
  it('holds streams of gone keys until it is told', async () => {
    const { ring, opener, sealerOf } = room();
    const packet = await sealed(sealerOf('alice'));
    await opener.open(packet, 'alice', 0);
    opener.forget(nextKey);
    expect(await opener.open(packet, 'alice', 0)).toBe('replay');
    opener.forget(key);
    ring.erase(2);
    expect(await opener.open(packet, 'alice', 0)).toBe('no-key');
  });
});
