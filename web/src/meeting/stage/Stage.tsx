// SPDX-License-Identifier: Apache-2.0
// The tiles. They are placed by their rectangles, so that one that moves keeps its picture.
import { ChevronLeft, ChevronRight } from 'lucide-react';
import { type KeyboardEvent, useEffect, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { IconButton } from '../../ui';
import { screenId, tilesOf } from '../call/people';
import { useCall, useCallState, useHealth, useWatched } from '../call/useCall';
import { useUi } from '../useUi';
import { arrange, type Corner } from './arrange';
import { Emotes } from './FloatingEmotes';
import css from './Stage.module.css';
import { rectStyle, Tile } from './Tile';
import tileCss from './Tile.module.css';
import { mostOnPage } from './grid';
import { useCornerDrag } from './useCornerDrag';
import { useOrder } from './useOrder';
import { useSize } from './useSize';

const CORNER: Corner = { end: true, bottom: true };

/** A screen that somebody shares comes to the front by itself; what was chosen before everything. */
function useFocus(ids: readonly string[]): string | null {
  const { pinned, isGrid } = useUi();
  const { people, playable } = useCallState();
  if (pinned && ids.includes(pinned)) return pinned;
  if (isGrid) return null;
  const shares = people.filter(({ screen, isLocal }) => screen && (isLocal || playable.has(screen.trackSid)));
  const last = shares.at(-1);
  return last ? screenId(last.identity) : null;
}

function Pager({ page, pages }: { page: number; pages: number }) {
  const { t } = useTranslation('meeting');
  const { set } = useUi();
  if (pages < 2) return null;
  return (
    <nav className={css.pager} aria-label={t('stage.pages')}>
      <IconButton
        dense
        icon={ChevronLeft}
        className="flips"
        label={t('stage.before')}
        disabled={page === 0}
        onClick={() => set({ page: page - 1 })}
      />
      <span>{t('stage.page', { page: page + 1, pages })}</span>
      <IconButton
        dense
        icon={ChevronRight}
        className="flips"
        label={t('stage.next')}
        disabled={page === pages - 1}
        onClick={() => set({ page: page + 1 })}
      />
    </nav>
  );
}

/** Arrows go from tile to tile; Enter pins. */
function onKeys(event: KeyboardEvent<HTMLElement>, onPin: (id: string) => void): void {
  const here = (event.target as HTMLElement).closest<HTMLElement>('[data-tile]');
  if (!here || event.target !== here) return;
  const id = here.dataset.tile ?? '';
  if (event.key === 'Enter') return onPin(id);
  const ahead = document.documentElement.dir === 'rtl' ? -1 : 1;
  const step = { ArrowRight: ahead, ArrowDown: 1, ArrowLeft: -ahead, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const all = [...event.currentTarget.querySelectorAll<HTMLElement>('[data-tile]')];
  all[(all.indexOf(here) + step + all.length) % all.length]?.focus();
}

export function Stage() {
  const { t } = useTranslation('meeting');
  const call = useCall();
  const { people, playable } = useCallState();
  const { hands } = useWatched(call.signals);
  const { page, pinned, togglePin, selfView, openPanel } = useUi();
  const health = useHealth();
  const [place, size] = useSize<HTMLElement>();
  const [corner, setCorner] = useState(CORNER);
  const tiles = useMemo(() => tilesOf(people), [people]);
  const others = people.length - 1;
  const inOrder = tiles
    .filter(({ person, source }) => !(person.isLocal && source === 'camera' && selfView === 'hidden' && others > 0))
    .map(({ id }) => id);
  const places = Math.max(mostOnPage(size, globalThis.innerWidth) - 1, 1);
  const ids = useOrder(inOrder, places, pinned);
  const idList = ids.join('\n');
  const self = ids.includes(call.self) ? call.self : null;
  const focus = useFocus(ids);
  const isRtl = document.documentElement.dir === 'rtl';
  const {
    placed,
    more,
    pages,
    page: shown,
  } = useMemo(
    () =>
      arrange({
        ...{ ids, self, focus, page, isRtl, corner, selfSmall: selfView === 'small' },
        ...{ box: size, windowWidth: globalThis.innerWidth },
      }),
    // The list of names is made anew each time; what matters is what is in it.
    // eslint-disable-next-line react-hooks/exhaustive-deps
    [idList, self, focus, page, isRtl, corner, selfView, size],
  );
  const drag = useCornerDrag(corner, setCorner);

  useEffect(() => {
    const seen = new Set<string>();
    for (const { id } of placed) {
      const tile = tiles.find((one) => one.id === id);
      const publication = tile?.source === 'screen' ? tile.person.screen : tile?.person.camera;
      if (publication) seen.add(publication.trackSid);
    }
    if (size.width > 0) call.showVideos(seen);
  }, [call, placed, tiles, size]);

  return (
    // Keys come from the tiles, which are its stops.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <section
      ref={place}
      className={css.stage}
      aria-label={t('stage.label')}
      // One stop of the keyboard for all tiles; arrows go between them.
      onKeyDown={(event) => onKeys(event, togglePin)}
      {...drag}
    >
      {size.width > 0 &&
        placed.map((one, index) => {
          const tile = tiles.find(({ id }) => id === one.id);
          if (!tile) return null;
          const { person, source } = tile;
          const publication = source === 'screen' ? person.screen : person.camera;
          return (
            <Tile
              key={one.id}
              tile={tile}
              placed={one}
              health={health?.people.find(({ identity }) => identity === person.identity)}
              isEncrypted={health !== null}
              isShown={publication !== null && (person.isLocal || playable.has(publication.trackSid))}
              hasHand={hands.includes(person.identity)}
              isPinned={pinned === one.id}
              onPin={togglePin}
              tabIndex={index === 0 ? 0 : -1}
            />
          );
        })}
      {more && (
        <button type="button" className={tileCss.more} style={rectStyle(more.rect)} onClick={() => openPanel('people')}>
          {t('stage.more', { count: more.count })}
        </button>
      )}
      <Pager page={shown} pages={pages} />
      <Emotes />
    </section>
  );
}
