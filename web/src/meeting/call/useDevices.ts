// SPDX-License-Identifier: Apache-2.0
import { useEffect, useState } from 'react';

export interface Devices {
  microphones: readonly MediaDeviceInfo[];
  cameras: readonly MediaDeviceInfo[];
  speakers: readonly MediaDeviceInfo[];
}

const NONE: Devices = { microphones: [], cameras: [], speakers: [] };

/** What is plugged in, now. Names are empty until somebody was allowed to use one. */
export function useDevices(): Devices {
  const [devices, setDevices] = useState(NONE);
  useEffect(() => {
    const { mediaDevices } = navigator;
    if (!mediaDevices?.enumerateDevices) return;
    const look = (): void => {
      mediaDevices.enumerateDevices().then(
        (all) => {
          const of = (kind: MediaDeviceKind): MediaDeviceInfo[] =>
            all.filter((one) => one.kind === kind && one.deviceId);
          setDevices({ microphones: of('audioinput'), cameras: of('videoinput'), speakers: of('audiooutput') });
        },
        () => undefined,
      );
    };
    look();
    mediaDevices.addEventListener('devicechange', look);
    return () => mediaDevices.removeEventListener('devicechange', look);
  }, []);
  return devices;
}
