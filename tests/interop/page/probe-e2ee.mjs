// SPDX-License-Identifier: Apache-2.0
// The SDK's worker of frame encryption, with an eye on what it encrypts: an encoder's output beyond the bytes that stay
// clear, and what became of it. Messages of people have no clear bytes, and are left out.
import '/e2ee-worker.mjs';

const channel = new BroadcastChannel('probe');
const encrypt = crypto.subtle.encrypt.bind(crypto.subtle);

crypto.subtle.encrypt = async (algorithm, key, data) => {
  const view = ArrayBuffer.isView(data) ? data : new Uint8Array(data);
  const output = new Uint8Array(view.buffer, view.byteOffset, view.byteLength).slice();
  const sealed = await encrypt(algorithm, key, data);
  if (algorithm.additionalData) channel.postMessage({ output, sealed: new Uint8Array(sealed.slice(0)) });
  return sealed;
};
