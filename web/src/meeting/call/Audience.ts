// SPDX-License-Identifier: Apache-2.0
// What is heard: an element for each remote sound, outside of the pages that come and go. A sound is played from when it may be
// (`playable`) until it may not, at the volume that was chosen for its person.
import type { RemoteTrackPublication } from 'livekit-client';

export class Audience {
  #elements = new Map<string, { element: HTMLMediaElement; publication: RemoteTrackPublication; identity: string }>();
  #volumes = new Map<string, number>();
  #isDeaf = false;
  #speaker = '';
  readonly #place: HTMLElement;

  constructor() {
    this.#place = document.createElement('div');
    this.#place.hidden = true;
    document.body.append(this.#place);
  }

  set(publication: RemoteTrackPublication, identity: string, playable: boolean): void {
    const { trackSid, track, source } = publication;
    const known = this.#elements.get(trackSid);
    if (known) {
      known.publication.track?.detach(known.element);
      known.element.srcObject = null;
      known.element.remove();
      this.#elements.delete(trackSid);
    }
    if (!playable || track?.kind !== 'audio') return;
    const element = track.attach();
    element.dataset.identity = identity;
    element.dataset.source = source;
    this.#place.append(element);
    this.#elements.set(trackSid, { element, publication, identity });
    this.#apply(element, identity);
    if (this.#speaker) void setSink(element, this.#speaker);
  }

  /** 0 to 1; for this person, on this device alone. */
  setVolume(identity: string, volume: number): void {
    this.#volumes.set(identity, volume);
    this.#applyAll();
  }

  volumeOf(identity: string): number {
    return this.#volumes.get(identity) ?? 1;
  }

  setDeaf(deaf: boolean): void {
    this.#isDeaf = deaf;
    this.#applyAll();
  }

  async setSpeaker(id: string): Promise<void> {
    this.#speaker = id;
    await Promise.all([...this.#elements.values()].map(({ element }) => setSink(element, id)));
  }

  end(): void {
    for (const { element, publication } of this.#elements.values()) publication.track?.detach(element);
    this.#elements.clear();
    this.#place.remove();
  }

  #applyAll(): void {
    for (const { element, identity } of this.#elements.values()) this.#apply(element, identity);
  }

  #apply(element: HTMLMediaElement, identity: string): void {
    element.volume = this.volumeOf(identity);
    element.muted = this.#isDeaf;
  }
}

async function setSink(element: HTMLMediaElement, id: string): Promise<void> {
  await (element as { setSinkId?: (id: string) => Promise<void> }).setSinkId?.(id).catch(() => undefined);
}
