// SPDX-License-Identifier: Apache-2.0
// Asking for microphone and camera, and why it did not work.

export type Kind = 'microphone' | 'camera';

export type Trouble =
  | 'none' // there is no such device
  | 'denied' // the person, or the browser for them, said no
  | 'busy' // another program has it
  | 'insecure'; // the page is not trusted enough to ask

export function troubleOf(error: unknown): Trouble {
  const name = error instanceof Error ? error.name : '';
  if (name === 'NotAllowedError' || name === 'SecurityError') return 'denied';
  return name === 'NotReadableError' || name === 'AbortError' ? 'busy' : 'none';
}

export type Wanted = Partial<Record<Kind, { id?: string }>>;

export interface Got {
  tracks: Partial<Record<Kind, MediaStreamTrack>>;
  troubles: Partial<Record<Kind, Trouble>>;
}

const idOf = (id?: string): Pick<MediaTrackConstraints, 'deviceId'> => (id ? { deviceId: { ideal: id } } : {});

function constraintsOf({ microphone, camera }: Wanted): MediaStreamConstraints {
  return {
    ...(microphone && { audio: idOf(microphone.id) }),
    ...(camera && { video: { ...idOf(camera.id), width: { ideal: 1280 }, height: { ideal: 720 } } }),
  };
}

const kindOf = (track: MediaStreamTrack): Kind => (track.kind === 'audio' ? 'microphone' : 'camera');

/** Asks for both at once, which asks a person once; where that fails, for each by itself, so that one does without the other. */
export async function openMedia(
  wanted: Wanted,
  devices: MediaDevices | undefined = navigator.mediaDevices,
): Promise<Got> {
  const got: Got = { tracks: {}, troubles: {} };
  const kinds = (Object.keys(wanted) as Kind[]).filter((kind) => wanted[kind]);
  if (kinds.length === 0) return got;
  if (!devices) {
    for (const kind of kinds) got.troubles[kind] = 'insecure';
    return got;
  }
  const open = async (part: Wanted): Promise<void> => {
    const stream = await devices.getUserMedia(constraintsOf(part));
    for (const track of stream.getTracks()) got.tracks[kindOf(track)] = track;
  };
  try {
    await open(wanted);
  } catch (error) {
    if (kinds.length === 1 && kinds[0]) got.troubles[kinds[0]] = troubleOf(error);
    else {
      for (const kind of kinds) {
        await open({ [kind]: wanted[kind] }).catch((reason: unknown) => (got.troubles[kind] = troubleOf(reason)));
      }
    }
  }
  return got;
}

export type Browser = 'chrome' | 'firefox' | 'safari' | 'other';

/** Whose settings a denied permission is changed in. */
export function browserOf(agent = navigator.userAgent): Browser {
  if (/Firefox\//.test(agent)) return 'firefox';
  if (/Chrom(?:e|ium)\//.test(agent)) return 'chrome';
  return /Safari\//.test(agent) ? 'safari' : 'other';
}
