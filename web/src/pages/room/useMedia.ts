// SPDX-License-Identifier: Apache-2.0
// Microphone and camera before a meeting: on or off, which ones, what is wrong. What is off is let go of, light and all.
import { useCallback, useEffect, useRef, useState } from 'react';
import { keepChoice, readChoice } from './choice';
import { type Kind, openMedia, type Trouble } from './media';

export interface Device {
  id: string;
  label: string;
}

export type DeviceKind = Kind | 'speaker';
export type Devices = Record<DeviceKind, Device[]>;

const NONE: Devices = { microphone: [], camera: [], speaker: [] };
const KIND_OF: Record<MediaDeviceKind, DeviceKind> = {
  audioinput: 'microphone',
  videoinput: 'camera',
  audiooutput: 'speaker',
};

async function listDevices(): Promise<Devices> {
  const devices: Devices = { microphone: [], camera: [], speaker: [] };
  for (const { kind, deviceId, label } of (await navigator.mediaDevices?.enumerateDevices()) ?? []) {
    if (deviceId && label) devices[KIND_OF[kind]].push({ id: deviceId, label });
  }
  return devices;
}

type Tracks = Partial<Record<Kind, MediaStreamTrack>>;

export function useMedia() {
  const [on, setOn] = useState(() => ({ microphone: readChoice().microphone, camera: readChoice().camera }));
  const [ids, setIds] = useState<Partial<Record<DeviceKind, string>>>(() => {
    const { microphoneId, cameraId, speakerId } = readChoice();
    return { microphone: microphoneId, camera: cameraId, speaker: speakerId };
  });
  const [tracks, setTracks] = useState<Tracks>({});
  const [troubles, setTroubles] = useState<Partial<Record<Kind, Trouble>>>({});
  const [devices, setDevices] = useState<Devices>(NONE);
  const [isAsking, setAsking] = useState(true);
  const held = useRef<Tracks>({});
  const isGone = useRef(false);

  const refresh = useCallback(() => listDevices().then(setDevices, () => undefined), []);

  const open = useCallback(
    async (wanted: Parameters<typeof openMedia>[0]) => {
      const got = await openMedia(wanted);
      if (isGone.current) return Object.values(got.tracks).forEach((track) => track.stop());
      for (const kind of Object.keys(got.tracks) as Kind[]) held.current[kind]?.stop();
      held.current = { ...held.current, ...got.tracks };
      setTracks(held.current);
      setTroubles((before) => ({ ...before, microphone: undefined, camera: undefined, ...got.troubles }));
      await refresh();
    },
    [refresh],
  );

  useEffect(() => {
    isGone.current = false;
    const { microphone, camera } = readChoice();
    const first = {
      ...(microphone && { microphone: { id: ids.microphone } }),
      ...(camera && { camera: { id: ids.camera } }),
    };
    void open(first).finally(() => setAsking(false));
    const source = navigator.mediaDevices;
    const onChange = (): void => void refresh();
    source?.addEventListener('devicechange', onChange);
    return () => {
      isGone.current = true;
      source?.removeEventListener('devicechange', onChange);
      Object.values(held.current).forEach((track) => track.stop());
      held.current = {};
    };
    // Once, with what was chosen the last time.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, []);

  const toggle = (kind: Kind): void => {
    const isOn = !on[kind] || Boolean(troubles[kind]);
    setOn({ ...on, [kind]: isOn });
    keepChoice({ [kind]: isOn });
    if (isOn) return void open({ [kind]: { id: ids[kind] } });
    held.current[kind]?.stop();
    held.current = { ...held.current, [kind]: undefined };
    setTracks(held.current);
  };

  const choose = (kind: DeviceKind, id: string): void => {
    setIds({ ...ids, [kind]: id });
    keepChoice({ [`${kind}Id`]: id });
    if (kind !== 'speaker' && on[kind]) void open({ [kind]: { id } });
  };

  return { on, ids, tracks, troubles, devices, isAsking, toggle, choose };
}

export type Media = ReturnType<typeof useMedia>;
