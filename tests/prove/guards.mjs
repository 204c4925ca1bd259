// SPDX-License-Identifier: Apache-2.0
// The page's guards against a hostile server, each with the patch that takes it away, and the attacks (attacks.mjs) that then
// get through: these and no others.
export const GUARDS = {
  'the key decides': {
    says: 'a server that calls the room of a link with a key unencrypted is a reason to stop',
    patches: [
      ['e2ee/policy.ts', "return server === 'clear' ? 'server-disagrees' : 'encrypted';", "return 'encrypted';"],
    ],
    opens: ['clear-room'],
  },
  'no key, no entry': {
    says: 'nobody enters an encrypted room without a key',
    patches: [['e2ee/policy.ts', "return server === 'encrypted' ? 'key-missing' : 'clear';", "return 'clear';"]],
    opens: ['strip-fragment'],
  },
  'only announced tracks': {
    says: 'a track that is said to be clear is not played',
    patches: [['e2ee/manager.ts', 'return publication.trackInfo?.encryption === GCM;', 'return publication !== undefined;']],
    opens: ['clear-tracks'],
  },
  'only encrypted frames': {
    says: 'a frame that is not encrypted is dropped',
    patches: [
      ['e2ee/pipeline.ts', "    if (typeof sealed === 'string') return sealed;\n    const { identity, ring, senders, guard } = this.#options;", "    if (typeof sealed === 'string') return given;\n    const { identity, ring, senders, guard } = this.#options;"],
    ],
    opens: ['inject-media', 'trailer'],
  },
  "no frames of the server's": {
    says: "a frame that ends in the server's own mark is dropped",
    patches: [
      ['e2ee/pipeline.ts', '#injectedMark: Bytes | null = null;', "#injectedMark: Bytes | null = new TextEncoder().encode('bedrudEvilTrailerbedrudEvilTrailerbedrudEvil');"],
      ['e2ee/pipeline.ts', "if (isInjected(given, this.#injectedMark)) return 'injected';", 'if (isInjected(given, this.#injectedMark)) return given;'],
    ],
    opens: ['trailer'],
  },
  "everybody's own frames": {
    says: "a frame or message with one person's mark is not taken as another's",
    patches: [['e2ee/senders.ts', "if (!senders.allows(origin, identity)) return 'sender';", '']],
    opens: ['swap', 'rename-data'],
  },
  'each frame once': {
    says: 'a frame that was there before is dropped',
    patches: [['e2ee/pipeline.ts', "if (origin === 'replay' || origin === 'sender') return origin;", "if (origin === 'sender') return origin;"]],
    opens: ['replay-media'],
  },
  'each message once': {
    says: 'a message that was there before is dropped',
    patches: [['e2ee/packet.ts', "if (origin === 'replay' || origin === 'sender') return origin;", "if (origin === 'sender') return origin;"]],
    opens: ['replay-data'],
  },
  'each message in its place': {
    says: 'of one sender, a message that comes after a later one is dropped',
    patches: [['e2ee/traffic.ts', 'if (last?.session === session && last.order >= order) return null;', '']],
    opens: ['reorder-data'],
  },
  'only encrypted messages': {
    says: 'a message that is not encrypted is dropped',
    patches: [
      ['e2ee/engine.ts', "    else this.guarded.onRefused('clear-packet');\n    return false;", '    else return emit(EngineEvent.DataPacketReceived, packet, 0);\n    return false;'],
    ],
    opens: ['inject-data'],
  },
};
