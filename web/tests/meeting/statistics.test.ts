// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { type Before, readLink, readTracks } from '../../src/meeting/panels/statistics';

const codec = { id: 'c', type: 'codec', mimeType: 'video/VP8' };
const flow = (bytes: number, packets: number, lost: number, timestamp: number) => ({
  ...{ id: 'i', type: 'inbound-rtp', kind: 'video', codecId: 'c', bytesReceived: bytes, packetsReceived: packets },
  ...{ packetsLost: lost, timestamp, frameWidth: 640, frameHeight: 360, framesPerSecond: 30, jitter: 0.004 },
});

describe('statistics', () => {
  it('tells rates from two looks', () => {
    const before = new Map<string, Before>();
    expect(readTracks([codec, flow(1000, 10, 0, 0)], before)[0]?.bitrate).toBe(0);
    const [facts] = readTracks([codec, flow(126_000, 100, 10, 1000)], before);
    expect(facts).toMatchObject({ codec: 'VP8', bitrate: 1_000_000, loss: 0.1, width: 640, height: 360, jitterMs: 4 });
  });

  it('leaves out what carries nothing', () => {
    expect(readTracks([codec, flow(0, 0, 0, 0)], new Map())).toEqual([]);
  });

  it('knows a relay', () => {
    const entries = (candidateType: string) => [
      { id: 't', type: 'transport', selectedCandidatePairId: 'p' },
      { id: 'p', type: 'candidate-pair', localCandidateId: 'l', remoteCandidateId: 'r', currentRoundTripTime: 0.021 },
      { id: 'l', type: 'local-candidate', candidateType, protocol: 'udp' },
      { id: 'r', type: 'remote-candidate', candidateType: 'host' },
    ];
    expect(readLink(entries('relay'))).toEqual({ rttMs: 21, isRelayed: true, protocol: 'UDP' });
    expect(readLink(entries('host'))?.isRelayed).toBe(false);
    expect(readLink([])).toBeNull();
  });
});
