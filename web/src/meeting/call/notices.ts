// SPDX-License-Identifier: Apache-2.0
// The server's notices. They come without a sender on the topic `system`; whoever forges one is dropped by the server, and by
// the guard of encrypted meetings. They say things to people, and nothing of what they say lets anything through.

export interface ServerNotice {
  event: string;
  actor: string;
  target: string;
  name: string;
  reason: string;
  message: string;
}

const LONGEST = 4096;

export function readNotice(payload: Uint8Array): ServerNotice | null {
  if (payload.length > LONGEST) return null;
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(payload));
    if (typeof value !== 'object' || value === null) return null;
    const fields = value as Record<string, unknown>;
    if (fields.type !== 'system' || typeof fields.event !== 'string') return null;
    const text = (name: string): string => (typeof fields[name] === 'string' ? fields[name] : '');
    return {
      event: fields.event,
      ...{ actor: text('actor'), target: text('target'), name: text('name') },
      ...{ reason: text('reason'), message: text('message') },
    };
  } catch {
    return null;
  }
}
