// SPDX-License-Identifier: Apache-2.0
// What a browser knows of its connection, in a few numbers per track. Pure: reports come in, lines go out.

export interface TrackFacts {
  direction: 'in' | 'out';
  kind: 'audio' | 'video';
  codec: string;
  width: number;
  height: number;
  framesPerSecond: number;
  bitrate: number;
  /** Share of packets that did not arrive. */
  loss: number;
  jitterMs: number;
}

export interface LinkFacts {
  rttMs: number | null;
  /** Through a relay, or straight to the server. */
  isRelayed: boolean;
  protocol: string;
}

/** What came before, to tell a rate. */
export interface Before {
  bytes: number;
  packets: number;
  lost: number;
  atMs: number;
}

type Entry = Record<string, unknown> & { id: string; type: string };

const number = (value: unknown): number => (typeof value === 'number' && Number.isFinite(value) ? value : 0);
const text = (value: unknown): string => (typeof value === 'string' ? value : '');

export function readTracks(entries: readonly Entry[], before: Map<string, Before>): TrackFacts[] {
  const codecs = new Map(
    entries.filter(({ type }) => type === 'codec').map((one) => [one.id, text(one.mimeType).split('/')[1] ?? '']),
  );
  const flows = entries.filter(({ type }) => type === 'inbound-rtp' || type === 'outbound-rtp');
  return flows.flatMap((flow) => {
    const isIn = flow.type === 'inbound-rtp';
    const now: Before = {
      bytes: number(isIn ? flow.bytesReceived : flow.bytesSent),
      packets: number(isIn ? flow.packetsReceived : flow.packetsSent),
      lost: number(flow.packetsLost),
      atMs: number(flow.timestamp),
    };
    const old = before.get(flow.id);
    before.set(flow.id, now);
    const seconds = old ? (now.atMs - old.atMs) / 1000 : 0;
    const bitrate = old && seconds > 0 ? ((now.bytes - old.bytes) * 8) / seconds : 0;
    if (now.bytes === 0) return [];
    const lost = now.lost - (old?.lost ?? 0);
    const came = now.packets - (old?.packets ?? 0);
    return [
      {
        direction: isIn ? 'in' : 'out',
        kind: flow.kind === 'video' ? 'video' : 'audio',
        codec: codecs.get(text(flow.codecId)) ?? '',
        ...{ width: number(flow.frameWidth), height: number(flow.frameHeight) },
        ...{ framesPerSecond: number(flow.framesPerSecond), bitrate: Math.max(bitrate, 0) },
        ...{ loss: lost > 0 ? lost / (lost + Math.max(came, 0)) : 0, jitterMs: number(flow.jitter) * 1000 },
      } satisfies TrackFacts,
    ];
  });
}

export function readLink(entries: readonly Entry[]): LinkFacts | null {
  const transport = entries.find(
    ({ type, selectedCandidatePairId }) => type === 'transport' && selectedCandidatePairId,
  );
  const pair =
    entries.find(({ id }) => id === transport?.selectedCandidatePairId) ??
    entries.find(
      ({ type, nominated, state }) => type === 'candidate-pair' && nominated === true && state === 'succeeded',
    );
  if (!pair) return null;
  const of = (id: unknown): Entry | undefined => entries.find((one) => one.id === id);
  const [local, remote] = [of(pair.localCandidateId), of(pair.remoteCandidateId)];
  const rtt = pair.currentRoundTripTime;
  return {
    rttMs: typeof rtt === 'number' ? rtt * 1000 : null,
    isRelayed: local?.candidateType === 'relay' || remote?.candidateType === 'relay',
    protocol: text(local?.protocol).toUpperCase(),
  };
}
