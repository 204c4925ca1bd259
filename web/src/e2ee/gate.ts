// SPDX-License-Identifier: Apache-2.0
// Whether this browser can encrypt, asked before anything is sent. A browser that cannot is told so; it never joins in clear.
//
// Chromium and Firefox are run in our tests. Safari is not: what stands here of it is from its documentation. Safari 15.4 brought
// RTCRtpScriptTransform, which is all we need of it; encrypted simulcast needs 17.2. Neither Safari nor Firefox names a codec in
// a frame's metadata, so receivers find the layout from the bytes and senders from what was negotiated.

/** The parts of a page's global object that are looked at. */
export interface Surroundings {
  isSecureContext?: boolean;
  crypto?: { subtle?: unknown };
  Worker?: unknown;
  RTCPeerConnection?: unknown;
  RTCRtpSender?: { prototype: object };
  RTCRtpScriptTransform?: unknown;
  navigator?: { userAgent?: string };
}

export type Lack = 'secure-context' | 'webcrypto' | 'worker' | 'webrtc' | 'encoded-transforms';

export interface Gate {
  /** Empty: this browser can encrypt. */
  lacks: Lack[];
  /** How frames get into the worker. */
  path: 'streams' | 'script';
  simulcast: boolean;
}

export function checkBrowser(window: Surroundings): Gate {
  const streams = 'createEncodedStreams' in (window.RTCRtpSender?.prototype ?? {});
  const script = typeof window.RTCRtpScriptTransform === 'function';
  const needs: [Lack, boolean][] = [
    ['secure-context', window.isSecureContext === true],
    ['webcrypto', typeof window.crypto?.subtle === 'object'],
    ['worker', typeof window.Worker === 'function'],
    ['webrtc', typeof window.RTCPeerConnection === 'function'],
    ['encoded-transforms', streams || script],
  ];
  return {
    lacks: needs.filter(([, has]) => !has).map(([lack]) => lack),
    // Where a connection was made for encoded streams nothing flows before they were taken, which is what we want; the SDK
    // makes it so wherever they exist.
    path: streams ? 'streams' : 'script',
    simulcast: canSimulcast(window.navigator?.userAgent ?? ''),
  };
}

function canSimulcast(agent: string): boolean {
  const isSafari = /Version\/[\d.]+.*Safari\//.test(agent) && !/Chrom(e|ium)\//.test(agent);
  if (!isSafari) return true;
  const [, major = '0', minor = '0'] = agent.match(/Version\/(\d+)(?:\.(\d+))?/) ?? [];
  return Number(major) > 17 || (Number(major) === 17 && Number(minor) >= 2);
}
