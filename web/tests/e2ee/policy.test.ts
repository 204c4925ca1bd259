// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { checkBrowser, type Surroundings } from '../../src/e2ee/gate';
import { roomOfToken } from '../../src/e2ee/meeting';
import { decide, readMetadata } from '../../src/e2ee/policy';

describe('what the server says of a room', () => {
  it.each([
    ['{"e2ee":true}', 'encrypted'],
    ['{"e2ee":false}', 'clear'],
    ['{"e2ee":"true"}', 'clear'],
    ['{"e2ee":null}', 'clear'],
    ['{"other":1}', 'nothing'],
    ['', 'nothing'],
    [undefined, 'nothing'],
    ['no json', 'nothing'],
    ['[true]', 'nothing'],
    ['"e2ee"', 'nothing'],
    ['null', 'nothing'],
  ])('%s means %s', (metadata, means) => expect(readMetadata(metadata)).toBe(means));
});

describe('the decision', () => {
  it.each([
    ['ready', 'encrypted', 'encrypted'],
    ['ready', 'nothing', 'encrypted'],
    ['ready', 'clear', 'server-disagrees'],
    ['none', 'encrypted', 'key-missing'],
    ['none', 'nothing', 'clear'],
    ['none', 'clear', 'clear'],
    ['damaged', 'encrypted', 'damaged'],
    ['damaged', 'nothing', 'damaged'],
    ['damaged', 'clear', 'damaged'],
  ] as const)('with the key %s and the server saying %s is %s', (key, server, decision) => {
    expect(decide(key, server)).toBe(decision);
  });
});

const CHROMIUM: Surroundings = {
  isSecureContext: true,
  crypto: { subtle: {} },
  Worker: function Worker() {},
  RTCPeerConnection: function RTCPeerConnection() {},
  RTCRtpSender: { prototype: { createEncodedStreams() {} } },
  RTCRtpScriptTransform: function RTCRtpScriptTransform() {},
  navigator: { userAgent: 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36' },
};
const FIREFOX: Surroundings = {
  ...CHROMIUM,
  RTCRtpSender: { prototype: {} },
  navigator: { userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0' },
};
const safari = (version: string): Surroundings => ({
  ...FIREFOX,
  navigator: { userAgent: `Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/${version} Safari/605.1.15` },
});

describe('the gate', () => {
  it('lets browsers in that can encrypt, by the way they have', () => {
    expect(checkBrowser(CHROMIUM)).toEqual({ lacks: [], path: 'streams', simulcast: true });
    expect(checkBrowser(FIREFOX)).toEqual({ lacks: [], path: 'script', simulcast: true });
    expect(checkBrowser(safari('15.4'))).toEqual({ lacks: [], path: 'script', simulcast: false });
    expect(checkBrowser(safari('17.1')).simulcast).toBe(false);
    expect(checkBrowser(safari('17.2')).simulcast).toBe(true);
    expect(checkBrowser(safari('26.0')).simulcast).toBe(true);
  });

  it.each([
    ['secure-context', { isSecureContext: false }],
    ['webcrypto', { crypto: {} }],
    ['worker', { Worker: undefined }],
    ['webrtc', { RTCPeerConnection: undefined }],
    ['encoded-transforms', { RTCRtpScriptTransform: undefined, RTCRtpSender: { prototype: {} } }],
  ] as const)('names %s where it is missing', (lack, without) => {
    expect(checkBrowser({ ...CHROMIUM, ...without }).lacks).toEqual([lack]);
  });

  it('names everything in a browser without anything', () => {
    expect(checkBrowser({}).lacks.length).toBe(5);
  });
});

describe('the room of a token', () => {
  const token = (payload: unknown) => `x.${Buffer.from(JSON.stringify(payload)).toString('base64url')}.y`;
  it('is the one it admits to', () => {
    expect(roomOfToken(token({ video: { room: 'a-b_c' } }))).toBe('a-b_c');
    for (const bad of ['', 'x', 'x.!.y', token({}), token({ video: { room: 1 } }), token(null)]) expect(roomOfToken(bad)).toBe('');
  });
});
