// SPDX-License-Identifier: Apache-2.0
// Calls: tokens are sent and renewed once, errors have their codes.
import { describe, expect, it } from 'vitest';
import { Api, ApiError } from '../../src/api';

interface Call {
  path: string;
  method: string;
  authorization: string | undefined;
  body: unknown;
}

type Answer = [status: number, body: unknown, headers?: Record<string, string>];

/** A server that answers by its script, and what it was asked. */
function server(answer: (call: Call, before: number) => Answer | Error) {
  const calls: Call[] = [];
  const api = new Api({
    alone: (work) => work(),
    fetch: async (path, init) => {
      const headers = init?.headers as Record<string, string>;
      const body: unknown = typeof init?.body === 'string' ? JSON.parse(init.body) : init?.body;
      const call = { path: String(path), method: init?.method ?? 'GET', authorization: headers.Authorization, body };
      const result = answer(call, calls.filter((one) => one.path === call.path).length);
      calls.push(call);
      if (result instanceof Error) throw result;
      return new Response(result[0] === 204 ? null : JSON.stringify(result[1]), {
        status: result[0],
        headers: result[2] ?? {},
      });
    },
  });
  return { api, calls };
}

const over: Answer = [401, { error: 'Invalid token', code: 'invalid_token' }];

describe('calls', () => {
  it('send the token they have, and JSON', async () => {
    const { api, calls } = server(() => [200, { id: 7 }]);
    expect(await api.get('/room/list')).toEqual({ id: 7 });
    api.setTokens({ accessToken: 'a1' });
    await api.post('/room/create', { name: 'x' });
    expect(calls).toEqual([
      { path: '/api/room/list', method: 'GET', authorization: undefined, body: undefined },
      { path: '/api/room/create', method: 'POST', authorization: 'Bearer a1', body: { name: 'x' } },
    ]);
  });

  it('fail with the code the server gives, and how long to wait', async () => {
    const { api } = server(() => [429, { error: 'slow down', code: 'rate_limited' }, { 'Retry-After': '30' }]);
    const error = await api.get('/x').catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ code: 'rate_limited', status: 429, retryAfter: 30, message: 'slow down' });
  });

  it('fail with codes of our own where there is no answer, or none of ours', async () => {
    const { api: alone } = server(() => new TypeError('Failed to fetch'));
    await expect(alone.get('/x')).rejects.toMatchObject({ code: 'network', status: 0 });
    const { api: odd } = server(() => [502, 'a proxy']);
    await expect(odd.get('/x')).rejects.toMatchObject({ code: 'unexpected', status: 502 });
  });

  it('take 204 for an answer', async () => {
    const { api } = server(() => [204, null]);
    expect(await api.delete('/x')).toBeUndefined();
  });
});

describe('a token that is over', () => {
  it('is renewed once for all calls that met it, and they are sent again', async () => {
    const { api, calls } = server(({ path, authorization }) => {
      if (path === '/api/auth/refresh') return [200, { accessToken: 'new' }];
      return authorization === 'Bearer new' ? [200, path] : over;
    });
    api.setTokens({ accessToken: 'old' });
    expect(await Promise.all([api.get('/a'), api.get('/b')])).toEqual(['/api/a', '/api/b']);
    expect(calls.filter(({ path }) => path === '/api/auth/refresh')).toHaveLength(1);
    expect(calls.find(({ path }) => path === '/api/auth/refresh')?.authorization).toBeUndefined();
  });

  it('that cannot be renewed means signed out, told once', async () => {
    const { api, calls } = server(() => over);
    let told = 0;
    api.onSignedOut = () => told++;
    api.setTokens({ accessToken: 'old' });
    await expect(api.get('/a')).rejects.toMatchObject({ code: 'invalid_token' });
    expect(told).toBe(1);
    expect(api.hasToken).toBe(false);
    expect(calls.map(({ path }) => path)).toEqual(['/api/a', '/api/auth/refresh']);
  });

  it('was renewed by another window: its cookie is tried', async () => {
    const { api } = server(({ path }, before) => {
      if (path !== '/api/auth/refresh') return [200, 'ok'];
      return before === 0 ? [409, { code: 'already_rotated' }] : [200, { accessToken: 'new' }];
    });
    expect(await api.renew()).toBe(true);
    expect(api.hasToken).toBe(true);
  });

  it('stays renewable when the server is down', async () => {
    const { api } = server(() => [503, { code: 'database_unavailable', error: '' }]);
    let told = 0;
    api.onSignedOut = () => told++;
    await expect(api.renew()).rejects.toMatchObject({ code: 'database_unavailable' });
    expect(told).toBe(0);
  });

  it('a wrong password is no reason to renew', async () => {
    const { api, calls } = server(() => [401, { error: 'wrong', code: 'invalid_credentials' }]);
    api.setTokens({ accessToken: 'a' });
    await expect(api.put('/auth/password', {})).rejects.toMatchObject({ code: 'invalid_credentials' });
    expect(calls).toHaveLength(1);
  });
});
