// SPDX-License-Identifier: Apache-2.0
import { expect, it, vi } from 'vitest';
import { ApiError } from '../../src/api';
import { askUntilLetIn } from '../../src/pages/room/lobby';

const refused = (code: string): ApiError => new ApiError(code, 403, code);
const sleep = (): Promise<void> => Promise.resolve();

it('asks until somebody decides, and says once that it waits', async () => {
  const onWait = vi.fn();
  const ask = vi
    .fn<() => Promise<string>>()
    .mockRejectedValueOnce(refused('approval_pending'))
    .mockRejectedValueOnce(refused('network'))
    .mockRejectedValueOnce(refused('approval_pending'))
    .mockResolvedValueOnce('in');
  expect(await askUntilLetIn(ask, { onWait, sleep, signal: new AbortController().signal })).toBe('in');
  expect(ask).toHaveBeenCalledTimes(4);
  expect(onWait).toHaveBeenCalledTimes(1);
});

it('hands on every other answer', async () => {
  const { signal } = new AbortController();
  for (const code of ['approval_denied', 'banned', 'network']) {
    const ask = (): Promise<string> => Promise.reject(refused(code));
    await expect(askUntilLetIn(ask, { onWait: () => undefined, sleep, signal })).rejects.toThrow(code);
  }
});

it('ends when one gives up', async () => {
  const stop = new AbortController();
  const ask = vi.fn(() => Promise.reject(refused('approval_pending')));
  expect(await askUntilLetIn(ask, { onWait: () => stop.abort(), sleep, signal: stop.signal })).toBeNull();
  expect(ask).toHaveBeenCalledTimes(1);
});
