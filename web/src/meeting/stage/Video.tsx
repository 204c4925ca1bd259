// SPDX-License-Identifier: Apache-2.0
import type { TrackPublication } from 'livekit-client';
import { useEffect, useRef } from 'react';
import { classes } from '../../ui';
import css from './Tile.module.css';

interface VideoProps {
  publication: TrackPublication;
  /** Whether all of it must be seen. */
  contain?: boolean;
  mirror?: boolean;
}

/** A picture that moves. Its sound, if it has one, is played elsewhere. */
export function Video({ publication, contain, mirror }: VideoProps) {
  const place = useRef<HTMLVideoElement>(null);
  const { track } = publication;

  useEffect(() => {
    const video = place.current;
    if (!video || !track) return;
    track.attach(video);
    return () => void track.detach(video);
  }, [track]);

  return (
    <video
      ref={place}
      className={classes(css.video, contain && css.contain, mirror && css.mirror)}
      data-source={publication.source}
      autoPlay
      playsInline
      muted
      aria-hidden
    />
  );
}
