// SPDX-License-Identifier: Apache-2.0
// One person, or the screen they share.
import { Hand, MicOff, MonitorUp, SignalLow } from 'lucide-react';
import { type CSSProperties, memo, useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import type { PersonHealth } from '../../e2ee/health';
import { Avatar, classes } from '../../ui';
import type { TileView } from '../call/people';
import { useCall } from '../call/useCall';
import { usePreferences } from '../preferences';
import type { Placed } from './arrange';
import { LockMark } from './LockMark';
import { problemOf } from './lock';
import { ProblemView } from './ProblemView';
import { ShareHead } from './ShareHead';
import css from './Tile.module.css';
import { Video } from './Video';

export interface TileProps {
  tile: TileView;
  placed: Placed;
  health: PersonHealth | undefined;
  isEncrypted: boolean;
  isShown: boolean;
  hasHand: boolean;
  isPinned: boolean;
  onPin: (id: string) => void;
  tabIndex: number;
}

/** Marks who speaks on the element itself: it happens too often for the rest of the page. */
function useSpeaking(identity: string, on: boolean) {
  const place = useRef<HTMLDivElement>(null);
  const { speakers } = useCall();
  useEffect(() => {
    if (!on) return;
    const mark = (): void => void place.current?.toggleAttribute('data-speaking', speakers.state.has(identity));
    mark();
    return speakers.watch(mark);
  }, [speakers, identity, on]);
  return place;
}

export const rectStyle = ({ x, y, width, height }: Placed['rect']): CSSProperties => ({
  transform: `translate(${x}px, ${y}px)`,
  width,
  height,
});

function avatarSize(width: number, height: number): 40 | 64 | 96 {
  const least = Math.min(width, height);
  return least < 110 ? 40 : least < 200 ? 64 : 96;
}

/** What a screen reader hears of a tile. */
function useLabel({ tile, health, isEncrypted, hasHand }: TileProps): string {
  const { t } = useTranslation('meeting');
  const { person, source } = tile;
  if (source === 'screen') return t('tile.screen', { name: person.name });
  return [
    person.isLocal ? t('tile.you', { name: person.name }) : person.name,
    isEncrypted && health && t(`lock.${health.state}`),
    person.microphone !== 'on' && t('tile.muted'),
    hasHand && t('tile.hand'),
    person.isPoor && t('tile.poor'),
  ]
    .filter(Boolean)
    .join(', ');
}

export const Tile = memo(function Tile(props: TileProps) {
  const { tile, placed, health, isEncrypted, isShown, hasHand, isPinned, onPin, tabIndex } = props;
  const { t } = useTranslation('meeting');
  const { person, source, id } = tile;
  const { mirror: mirrors } = usePreferences();
  const place = useSpeaking(person.identity, source === 'camera');
  const isScreen = source === 'screen';
  const publication = isScreen ? person.screen : person.camera;
  const problem = isScreen ? null : problemOf(health, person.isLocal);
  const isBig = isScreen && placed.kind === 'focus';
  const { width, height } = placed.rect;

  return (
    <div
      ref={place}
      className={classes(css.tile, css[placed.kind], problem && css[problem], isBig && css.share)}
      style={rectStyle(placed.rect)}
      role="group"
      aria-label={useLabel(props)}
      data-identity={person.identity}
      data-tile={id}
      data-corner={placed.kind === 'corner' || undefined}
      data-lock={isEncrypted ? health?.state : undefined}
      // Tiles are one stop of the keyboard, with arrows between them: they can be pinned.

      tabIndex={tabIndex}
      onDoubleClick={() => onPin(id)}
    >
      {isBig && (
        <ShareHead
          person={person}
          isEncrypted={isEncrypted}
          health={health}
          isPinned={isPinned}
          onPin={() => onPin(id)}
        />
      )}
      {problem ? (
        <ProblemView problem={problem} person={person} />
      ) : (
        // Seen until the first picture comes, which lies over it.
        !isScreen && (
          <Avatar
            identity={person.identity}
            name={person.name}
            url={person.avatarUrl}
            size={avatarSize(width, height)}
          />
        )
      )}
      {!problem && publication && isShown && (
        <Video publication={publication} contain={isScreen} mirror={person.isLocal && !isScreen && mirrors} />
      )}
      {!isBig && (
        <span className={css.plate}>
          {isEncrypted && <LockMark health={health} />}
          {isScreen ? (
            <MonitorUp size={14} strokeWidth={2} aria-hidden />
          ) : (
            person.microphone !== 'on' && <MicOff size={14} strokeWidth={2} aria-hidden />
          )}
          <span className={css.name}>
            {isScreen
              ? t('tile.screenShort', { name: person.name })
              : person.isLocal
                ? t(width < 190 ? 'tile.youShort' : 'tile.you', { name: person.name })
                : person.name}
          </span>
        </span>
      )}
      {(hasHand || person.isPoor) && !isScreen && (
        <span className={css.marks}>
          {person.isPoor && <SignalLow size={16} strokeWidth={2} className={css.poor} aria-hidden />}
          {hasHand && <Hand size={16} strokeWidth={2} aria-hidden />}
        </span>
      )}
    </div>
  );
});
