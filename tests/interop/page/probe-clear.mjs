// SPDX-License-Identifier: Apache-2.0
// A transform that changes nothing and tells what an encoder put out, beyond the bytes that encryption would leave clear.
const channel = new BroadcastChannel('probe');

function clearBytes(frame, kind) {
  if (kind === 'audio') return 1;
  return frame.type === 'key' ? 10 : 3;
}

self.onrtctransform = ({ transformer }) => {
  const { kind } = transformer.options;
  const look = new TransformStream({
    transform(frame, controller) {
      channel.postMessage({ output: new Uint8Array(frame.data.slice(clearBytes(frame, kind))) });
      controller.enqueue(frame);
    },
  });
  void transformer.readable.pipeThrough(look).pipeTo(transformer.writable);
};
