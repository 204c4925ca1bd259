// SPDX-License-Identifier: Apache-2.0
// Who uses the page: found again, signed in, signed out.
import { describe, expect, it } from 'vitest';
import { Api, Session } from '../../src/api';

const user = {
  id: 'u',
  email: 'a@b.c',
  name: 'Ada',
  provider: 'local',
  avatarUrl: '',
  accesses: ['user'],
  isAdmin: false,
};

function start(answers: Record<string, [number, unknown]>, known = false) {
  const asked: string[] = [];
  const kept = new Map<string, string>(known ? [['bedrud-known', '1']] : []);
  const api = new Api({
    alone: (work) => work(),
    fetch: async (path) => {
      asked.push(String(path));
      const [status, body] = answers[String(path)] ?? [404, { code: 'no_route' }];
      return new Response(JSON.stringify(body), { status });
    },
  });
  const session = new Session(api, {
    getItem: (name) => kept.get(name) ?? null,
    setItem: (name, value) => void kept.set(name, value),
    removeItem: (name) => void kept.delete(name),
  });
  const seen: string[] = [];
  session.watch(() => seen.push(session.who.status));
  return { session, api, asked, seen, kept };
}

describe('starting', () => {
  it('asks nothing for somebody who was never here', async () => {
    const { session, asked } = start({});
    await session.start();
    expect(session.who.status).toBe('nobody');
    expect(asked).toEqual([]);
  });

  it('finds who was here before', async () => {
    const answers: Record<string, [number, unknown]> = {
      '/api/auth/refresh': [200, { accessToken: 'x' }],
      '/api/auth/me': [200, user],
    };
    const { session, seen } = start(answers, true);
    await session.start();
    expect(seen).toEqual(['starting', 'member']);
    expect(session.user?.name).toBe('Ada');
  });

  it('forgets who is no longer known', async () => {
    const { session, kept } = start({ '/api/auth/refresh': [401, { code: 'invalid_token' }] }, true);
    await session.start();
    expect(session.who.status).toBe('nobody');
    expect(kept.size).toBe(0);
  });

  it('keeps the mark when the server is down, for a later try', async () => {
    const { session, kept } = start({ '/api/auth/refresh': [503, { code: 'busy' }] }, true);
    await session.start();
    expect(session.who.status).toBe('nobody');
    expect(kept.size).toBe(1);
  });
});

describe('signing in and out', () => {
  const entry: [number, unknown] = [200, { user, accessToken: 'x' }];

  it('takes the tokens and the person', async () => {
    const { session, api, kept } = start({ '/api/auth/login': entry });
    await session.signIn('a@b.c', 'a long password');
    expect(session.who).toEqual({ status: 'member', user });
    expect(api.hasToken).toBe(true);
    expect(kept.get('bedrud-known')).toBe('1');
    expect([...kept.values()].join()).not.toContain('x');
  });

  it('knows a guest', async () => {
    const guest = { ...user, accesses: ['guest'] };
    const { session } = start({ '/api/auth/register': [200, { user: guest, accessToken: 'x' }] });
    await session.register({ email: '', password: '', name: '' });
    expect(session.who.status).toBe('guest');
  });

  it('signs out here even when the server does not hear it', async () => {
    const { session, api, kept } = start({ '/api/auth/login': entry, '/api/auth/logout': [500, { code: 'internal' }] });
    await session.signIn('a@b.c', 'a long password');
    await session.signOut().catch(() => undefined);
    expect(session.who.status).toBe('nobody');
    expect(api.hasToken).toBe(false);
    expect(kept.size).toBe(0);
  });
});
