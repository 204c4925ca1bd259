// SPDX-License-Identifier: Apache-2.0
// The relay in a worker, as the key is in a meeting: the page sees states and bytes, no key.
import { makeRelay, type Parcel } from './relay';

const relay = makeRelay();

relay.then(({ fingerprint }) => postMessage({ kind: 'ready', fingerprint }));

onmessage = async ({ data }: MessageEvent<{ id: number; parcel: Parcel }>) => {
  const journey = await (await relay).send(data.parcel);
  postMessage({ kind: 'sent', id: data.id, journey });
};
