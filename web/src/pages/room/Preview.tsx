// SPDX-License-Identifier: Apache-2.0
// Our own picture, mirrored, with the switches for microphone and camera upon it.
import { type LucideIcon, Mic, MicOff, Video, VideoOff } from 'lucide-react';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { Avatar, classes } from '../../ui';
import css from './Preview.module.css';
import { measure } from './sound';
import type { Media } from './useMedia';
import type { Kind } from './media';

const BARS = [0.12, 0.28, 0.44, 0.6, 0.76, 0.92];

/** Drawn outside of React: it changes a dozen times a second. */
function Meter({ track }: { track: MediaStreamTrack }) {
  const { t } = useTranslation();
  const ref = useRef<HTMLDivElement>(null);
  useEffect(
    () =>
      measure(track, (level) => {
        const bars = ref.current?.children ?? [];
        BARS.forEach((least, index) => bars[index]?.toggleAttribute('data-on', level >= least));
      }),
    [track],
  );
  return (
    <div className={css.meter} role="img" aria-label={t('room.meter')} ref={ref}>
      {BARS.map((bar) => (
        <span key={bar} />
      ))}
    </div>
  );
}

interface SwitchProps {
  kind: Kind;
  media: Media;
  icons: [on: LucideIcon, off: LucideIcon];
}

function Switch({ kind, media, icons: [On, Off] }: SwitchProps) {
  const { t } = useTranslation();
  const isOn = media.on[kind] && !media.troubles[kind];
  const Icon = isOn ? On : Off;
  return (
    <button
      type="button"
      className={classes(css.switch, !isOn && css.off)}
      aria-pressed={isOn}
      aria-label={t(`room.${kind}`)}
      onClick={() => media.toggle(kind)}
    >
      <Icon size={21} strokeWidth={1.75} aria-hidden />
    </button>
  );
}

interface PreviewProps {
  media: Media;
  identity: string;
  name: string;
}

export function Preview({ media, identity, name }: PreviewProps) {
  const { t } = useTranslation();
  const ref = useRef<HTMLVideoElement>(null);
  const { camera, microphone } = media.tracks;
  useEffect(() => {
    if (ref.current) ref.current.srcObject = camera ? new MediaStream([camera]) : null;
  }, [camera]);
  return (
    <div className={css.preview}>
      {camera ? (
        <>
          <video ref={ref} className={css.video} autoPlay muted playsInline aria-label={t('room.preview')} />
          <span className={css.note}>{t('room.mirrored')}</span>
        </>
      ) : (
        <div className={css.empty}>
          <Avatar identity={identity} name={name || '?'} size={96} />
          <p>{t(media.isAsking ? 'room.asking' : 'room.cameraOff')}</p>
        </div>
      )}
      <div className={css.bar}>
        <span className={css.side}>{microphone && <Meter track={microphone} />}</span>
        <Switch kind="microphone" media={media} icons={[Mic, MicOff]} />
        <Switch kind="camera" media={media} icons={[Video, VideoOff]} />
        <span className={css.side} />
      </div>
    </div>
  );
}
