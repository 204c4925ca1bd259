// SPDX-License-Identifier: Apache-2.0
// What buttons, menus and keys do alike.
import { useCall } from './call/useCall';

export interface Actions {
  toggleDeaf: () => void;
  fullScreen: () => void;
  pictureInPicture: () => void;
}

/** Whoever speaks, or else the first other picture, or else ours. */
function bestVideo(speakers: ReadonlySet<string>): HTMLVideoElement | null {
  const tiles = [...document.querySelectorAll<HTMLElement>('[data-tile]')].filter((tile) =>
    tile.querySelector('video'),
  );
  const best = tiles.find((tile) => speakers.has(tile.dataset.identity ?? '')) ?? tiles[0];
  return best?.querySelector('video') ?? null;
}

export function useActions(): Actions {
  const call = useCall();
  return {
    toggleDeaf: () => {
      const deaf = !call.state.isDeaf;
      call.setDeaf(deaf);
      void call.signals.tellDeaf(deaf);
    },
    fullScreen: () => {
      const done = document.fullscreenElement
        ? document.exitFullscreen()
        : document.documentElement.requestFullscreen();
      void done.catch(() => undefined);
    },
    pictureInPicture: () => {
      const video = bestVideo(call.speakers.state);
      const done = document.pictureInPictureElement
        ? document.exitPictureInPicture()
        : video?.requestPictureInPicture();
      void Promise.resolve(done).catch(() => undefined);
    },
  };
}
