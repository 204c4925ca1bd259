// SPDX-License-Identifier: Apache-2.0
// The test page's security panel: what is known, the fingerprint, and what can be done with the key.
import type { KeyClient } from '../e2ee/client';
import type { Manager } from '../e2ee/manager';
import type { QrBitmap } from '../e2ee/messages';
import { element } from './page';
import { describeMeeting, describeRefused, describeRotation } from './words';

const fields = {
  lock: element<HTMLElement>('lock'),
  pill: element<HTMLElement>('pill'),
  fingerprint: element<HTMLElement>('fingerprint'),
  rotation: element<HTMLElement>('rotation'),
  refused: element<HTMLElement>('refused'),
  copy: element<HTMLButtonElement>('copy'),
  show: element<HTMLButtonElement>('show'),
  rotate: element<HTMLButtonElement>('rotate'),
  remember: element<HTMLInputElement>('remember'),
  qr: element<HTMLCanvasElement>('qr'),
};

const page = (): string => location.origin + location.pathname;
let shown: { keys: KeyClient; manager: Manager; onError: (error: unknown) => void } | null = null;

/** Shows the panel for a meeting; a later meeting takes the earlier one's place. */
export function showLock(keys: KeyClient, manager: Manager, onError: (error: unknown) => void): void {
  if (!shown) listen();
  shown = { keys, manager, onError };
  fields.lock.hidden = false;
  keys.watch(draw);
  manager.health.subscribe(draw);
  manager.when('refused', draw);
  manager.when('rotation', (rotation) => {
    fields.rotation.textContent = describeRotation(rotation);
    if (rotation.phase === 'switched') hideQr();
  });
  draw();
}

function draw(): void {
  if (!shown) return;
  const { keys, manager } = shown;
  const health = manager.health.getSnapshot();
  fields.pill.textContent = describeMeeting(health, keys.key);
  fields.pill.dataset.state = keys.key.old ? 'wrong-key' : health.state;
  fields.refused.textContent = describeRefused(manager.refused, manager.dataCounts.refused);
  fields.remember.checked = keys.key.remembered;
  fields.fingerprint.textContent = (keys.key.fingerprint ?? [])
    .map(({ emoji, name, digits }) => `${emoji} ${name} ${digits}`)
    .join('  ');
}

function drawQr({ size, dark }: QrBitmap): void {
  const quiet = 4;
  const { qr } = fields;
  qr.width = qr.height = size + 2 * quiet;
  const pen = qr.getContext('2d');
  if (!pen) return;
  pen.fillStyle = '#fff';
  pen.fillRect(0, 0, qr.width, qr.height);
  pen.fillStyle = '#000';
  dark.forEach((one, i) => one && pen.fillRect(quiet + (i % size), quiet + Math.floor(i / size), 1, 1));
}

function hideQr(): void {
  fields.qr.hidden = true;
  fields.qr.width = 0;
  fields.show.setAttribute('aria-expanded', 'false');
}

async function toggleQr(keys: KeyClient): Promise<void> {
  if (!fields.qr.hidden) return hideQr();
  drawQr(await keys.qr(page()));
  fields.qr.hidden = false;
  fields.show.setAttribute('aria-expanded', 'true');
}

function listen(): void {
  const act = (what: (meeting: { keys: KeyClient; manager: Manager }) => Promise<unknown>) => () => {
    if (shown) what(shown).catch(shown.onError);
  };
  fields.copy.addEventListener(
    'click',
    act(async ({ keys }) => navigator.clipboard.writeText(await keys.link(page()))),
  );
  fields.show.addEventListener('click', act(({ keys }) => toggleQr(keys)));
  fields.rotate.addEventListener(
    'click',
    act(async ({ manager }) => {
      if (!(await manager.rotate())) fields.rotation.textContent = 'Not now: another new key is still on its way.';
    }),
  );
  fields.remember.addEventListener('change', act(({ keys }) => keys.remember(fields.remember.checked)));
}
