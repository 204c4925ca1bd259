// SPDX-License-Identifier: Apache-2.0
// Joining a meeting, encrypted or clear, by the rules of policy.ts: what is known before connecting is judged before it, what
// the server says while connecting before anything is published, and what it says later ends the meeting if it contradicts.
import { Room, RoomEvent, type RoomOptions } from 'livekit-client';
import type { KeyClient } from './client';
import { checkBrowser, type Lack, type Surroundings } from './gate';
import { encryptedRoomOptions, Manager, type ManagerOptions } from './manager';
import { type Decision, decide, readMetadata, type ServerSays } from './policy';

export type StopReason = Exclude<Decision, 'encrypted' | 'clear'> | 'cannot';

/** We stopped: before connecting, or before anything was sent. */
export class Stopped extends Error {
  constructor(
    readonly why: StopReason,
    readonly lacks: readonly Lack[] = [],
  ) {
    super(why);
  }
}

export interface JoinRequest {
  keys: KeyClient;
  /** The server's WebSocket address. */
  url: string;
  token: string;
  /** What the server said of the room before, if it was asked. */
  serverSays?: ServerSays;
  room?: RoomOptions;
  autoSubscribe?: boolean;
  isHost?: ManagerOptions['isHost'];
  path?: ManagerOptions['path'];
  /** Called before connecting, so that no event is missed. */
  prepare?: (meeting: Meeting) => void;
  /** Called when the meeting had to be ended by us later. */
  onStopped?: (stopped: Stopped) => void;
}

export interface Meeting {
  room: Room;
  /** null: this meeting is not encrypted. */
  manager: Manager | null;
}

/** The server speaks the protocol with two connections; asking for the other first would cost a round trip. */
const ROOM: RoomOptions = { singlePeerConnection: false };

/** Rejects with `Stopped`, or with what the SDK says. The key must have been entered (`KeyClient.enter`) before. */
export async function joinMeeting(request: JoinRequest): Promise<Meeting> {
  const { keys, serverSays = 'nothing' } = request;
  const isEncrypted = judged(keys, serverSays) === 'encrypted';
  const meeting = isEncrypted ? makeEncrypted(request) : { room: new Room({ ...ROOM, ...request.room }), manager: null };
  const { room, manager } = meeting;
  /** Set when we had to stop; resolves when we have left. */
  let stopping: Promise<Stopped> | null = null;
  const check = (): void => {
    const decision = decide(isEncrypted ? 'ready' : 'none', readMetadata(room.metadata));
    if (decision === 'encrypted' || decision === 'clear') return;
    stopping ??= stop(room, new Stopped(decision));
  };
  room.on(RoomEvent.SignalConnected, check);
  room.on(RoomEvent.RoomMetadataChanged, check);
  request.prepare?.(meeting);
  try {
    if (manager) await room.setE2EEEnabled(true);
    await room.connect(request.url, request.token, { autoSubscribe: request.autoSubscribe ?? true });
  } catch (error) {
    manager?.dispose();
    throw (await stopping) ?? error;
  }
  if (stopping) throw await stopping;
  room.on(RoomEvent.RoomMetadataChanged, () => void stopping?.then((stopped) => request.onStopped?.(stopped)));
  return meeting;
}

/** The SDK cannot be interrupted within its own event. Nothing is published before `connect` is done. */
async function stop(room: Room, stopped: Stopped): Promise<Stopped> {
  await new Promise((done) => setTimeout(done));
  await room.disconnect();
  return stopped;
}

function judged(keys: KeyClient, serverSays: ServerSays): Decision {
  const decision = decide(keys.key.status, serverSays);
  if (decision !== 'encrypted' && decision !== 'clear') throw new Stopped(decision);
  return decision;
}

function makeEncrypted({ keys, room, isHost, path }: JoinRequest): Meeting {
  const gate = checkBrowser(globalThis as Surroundings);
  if (gate.lacks.length > 0) throw new Stopped('cannot', gate.lacks);
  const manager = new Manager({ keys, path: path ?? gate.path, ...(isHost && { isHost }) });
  return { room: new Room(encryptedRoomOptions(manager, { ...ROOM, ...room }, gate.simulcast)), manager };
}

/** The room a token admits to; it is not checked, the server does that. */
export function roomOfToken(token: string): string {
  try {
    const [, payload = ''] = token.split('.');
    const claims = JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/'))) as { video?: { room?: unknown } };
    return typeof claims.video?.room === 'string' ? claims.video.room : '';
  } catch {
    return '';
  }
}
