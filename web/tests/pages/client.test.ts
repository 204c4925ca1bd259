// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { readClient } from '../../src/pages/account/client';

it.each([
  [
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36',
    'Chrome',
    'Linux',
    false,
  ],
  ['Mozilla/5.0 (Windows NT 10.0; rv:128.0) Gecko/20100101 Firefox/128.0', 'Firefox', 'Windows', false],
  [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605 Version/17.0 Mobile/15E Safari/604',
    'Safari',
    'iOS',
    true,
  ],
  ['Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/130.0 Mobile Safari/537.36', 'Chrome', 'Android', true],
  [
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) AppleWebKit/537 Chrome/130.0 Safari/537 Edg/130.0',
    'Edge',
    'macOS',
    false,
  ],
  ['okhttp/4.12', 'okhttp', null, false],
  ['', null, null, false],
] as const)('%s', (agent, browser, system, isPhone) => expect(readClient(agent)).toEqual({ browser, system, isPhone }));
