// SPDX-License-Identifier: Apache-2.0
// Microphone, camera and screen.
import { ChevronUp, Mic, MicOff, MonitorUp, MonitorX, Video, VideoOff } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { Menu, MenuChoice } from '../../ui';
import type { CallState } from '../call/state';
import { useDevices } from '../call/useDevices';
import { useCall, useCallState, useMedia } from '../call/useCall';
import css from './Bar.module.css';
import { Control } from './Control';

type DeviceKind = 'microphone' | 'camera';

function DeviceMenu({ kind }: { kind: DeviceKind }) {
  const { t } = useTranslation('meeting');
  const { media, audience } = useCall();
  const state = useMedia();
  const devices = useDevices();
  const isSound = kind === 'microphone';
  const list = (all: readonly MediaDeviceInfo[]) =>
    all.map(({ deviceId, label }, i) => ({ value: deviceId, text: label || t('devices.unnamed', { number: i + 1 }) }));
  const chosen = (id: string, all: readonly MediaDeviceInfo[]): string => id || all[0]?.deviceId || '';
  const inputs = isSound ? devices.microphones : devices.cameras;
  return (
    <Menu
      stage
      side="top"
      align="start"
      label={t(`devices.${kind}`)}
      trigger={
        <button type="button" className={css.more} aria-label={t(`devices.${kind}`)}>
          <ChevronUp size={16} strokeWidth={2} aria-hidden />
        </button>
      }
    >
      <MenuChoice
        label={t(`devices.${kind}`)}
        value={chosen(isSound ? state.microphoneId : state.cameraId, inputs)}
        options={list(inputs)}
        onChoose={(id) => void media.use(isSound ? 'audioinput' : 'videoinput', id)}
      />
      {isSound && devices.speakers.length > 0 && (
        <MenuChoice
          label={t('devices.speaker')}
          value={chosen(state.speakerId, devices.speakers)}
          options={list(devices.speakers)}
          onChoose={(id) => {
            media.setSpeaker(id);
            void audience.setSpeaker(id);
          }}
        />
      )}
    </Menu>
  );
}

function useWhyNot({ canSpeak }: CallState): string | undefined {
  const { t } = useTranslation('meeting');
  return canSpeak ? undefined : t('bar.listenOnly');
}

function DeviceControl({ kind, shortcut }: { kind: DeviceKind; shortcut: string }) {
  const { t } = useTranslation('meeting');
  const { media } = useCall();
  const state = useMedia();
  const reason = useWhyNot(useCallState());
  const isOn = state[kind];
  const trouble = state.trouble[kind];
  const icons = kind === 'microphone' ? [Mic, MicOff] : [Video, VideoOff];
  const label = reason ?? (trouble ? t(`trouble.${kind}.${trouble}`) : t(`bar.${kind}${isOn ? 'Off' : 'On'}`));
  return (
    <Control
      icon={(isOn ? icons[0] : icons[1]) as typeof Mic}
      label={label}
      shortcut={shortcut}
      look={trouble ? 'trouble' : isOn ? 'plain' : 'off'}
      aria-pressed={isOn}
      aria-disabled={reason ? true : undefined}
      busy={state.busy.has(kind)}
      data-control={kind}
      onClick={() => !reason && void media.toggle(kind)}
      joined={<DeviceMenu kind={kind} />}
    />
  );
}

export const MicrophoneControl = () => <DeviceControl kind="microphone" shortcut="M" />;
export const CameraControl = () => <DeviceControl kind="camera" shortcut="V" />;

export function ScreenControl() {
  const { t } = useTranslation('meeting');
  const { media } = useCall();
  const { screen, busy } = useMedia();
  const reason = useWhyNot(useCallState());
  // Phones have no way to do it.
  if (!('getDisplayMedia' in (navigator.mediaDevices ?? {}))) return null;
  return (
    <Control
      icon={screen ? MonitorX : MonitorUp}
      label={reason ?? t(screen ? 'bar.screenOff' : 'bar.screenOn')}
      shortcut="S"
      look={screen ? 'open' : 'plain'}
      aria-pressed={screen}
      aria-disabled={reason ? true : undefined}
      busy={busy.has('screen')}
      data-control="screen"
      onClick={() => !reason && void media.toggle('screen')}
    />
  );
}
