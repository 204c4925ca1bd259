// SPDX-License-Identifier: Apache-2.0
// What a session's User-Agent says to people: a browser and a system.

const BROWSERS: readonly [RegExp, string][] = [
  [/Edg(?:e|A|iOS)?\//, 'Edge'],
  [/OPR\//, 'Opera'],
  [/Firefox\/|FxiOS\//, 'Firefox'],
  [/Chrom(?:e|ium)\/|CriOS\//, 'Chrome'],
  [/Safari\//, 'Safari'],
];

const SYSTEMS: readonly [RegExp, string][] = [
  [/iPhone|iPad/, 'iOS'],
  [/Android/, 'Android'],
  [/Windows/, 'Windows'],
  [/Mac OS X|Macintosh/, 'macOS'],
  [/CrOS/, 'ChromeOS'],
  [/Linux|X11/, 'Linux'],
];

const first = (list: readonly [RegExp, string][], text: string): string | undefined =>
  list.find(([pattern]) => pattern.test(text))?.[1];

export interface Client {
  browser: string | null;
  system: string | null;
  isPhone: boolean;
}

export function readClient(agent: string): Client {
  // Programs name themselves in one word before a slash.
  const program = /^[\w.-]+/.exec(agent)?.[0];
  const browser = first(BROWSERS, agent) ?? (program && program !== 'Mozilla' ? program : null);
  return { browser, system: first(SYSTEMS, agent) ?? null, isPhone: /Mobile|Android|iPhone|iPad/.test(agent) };
}
