// SPDX-License-Identifier: Apache-2.0
// Who uses this page: nobody known, a guest, or somebody with an account.
import type { Api } from './client';
import type { Entry, User } from './types';

export type Who =
  | { status: 'starting' } // we have been here before; the server is being asked
  | { status: 'nobody' }
  | { status: 'guest'; user: User }
  | { status: 'member'; user: User };

export interface Registration {
  email: string;
  password: string;
  name: string;
  inviteToken?: string;
  setupCode?: string;
}

/** Says that there may be a refresh token in the cookie, so that strangers' pages ask for nothing. Not a secret. */
const MARK = 'bedrud-known';

export class Session {
  #who: Who = { status: 'nobody' };
  #watchers = new Set<() => void>();

  constructor(
    private readonly api: Api,
    private readonly storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> = localStorage,
  ) {
    api.onSignedOut = () => this.#set({ status: 'nobody' });
  }

  get who(): Who {
    return this.#who;
  }

  get user(): User | null {
    return 'user' in this.#who ? this.#who.user : null;
  }

  watch = (watcher: () => void): (() => void) => {
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  };

  /** Finds out who was here before. Never rejects: whoever cannot be known is nobody. */
  async start(): Promise<void> {
    if (!this.storage.getItem(MARK)) return;
    this.#set({ status: 'starting' });
    try {
      if (await this.api.renew()) await this.reload();
      else this.#set({ status: 'nobody' });
    } catch {
      // The server does not answer. The mark stays, for a later try.
      this.#who = { status: 'nobody' };
      this.#tell();
    }
  }

  async signIn(email: string, password: string): Promise<void> {
    this.take(await this.api.post<Entry>('/auth/login', { email, password }));
  }

  async register(form: Registration): Promise<void> {
    this.take(await this.api.post<Entry>('/auth/register', form));
  }

  /** Takes tokens that came with an answer. */
  take(entry: Entry): void {
    this.api.setTokens(entry);
    this.setUser(entry.user);
  }

  async reload(): Promise<void> {
    this.setUser(await this.api.get<User>('/auth/me'));
  }

  setUser(user: User): void {
    this.#set({ status: user.accesses.includes('guest') ? 'guest' : 'member', user });
  }

  async signOut(): Promise<void> {
    try {
      await this.api.post('/auth/logout');
    } finally {
      this.api.setTokens(null);
      this.#set({ status: 'nobody' });
    }
  }

  #set(who: Who): void {
    this.#who = who;
    if (who.status === 'nobody') this.storage.removeItem(MARK);
    else this.storage.setItem(MARK, '1');
    this.#tell();
  }

  #tell(): void {
    for (const watcher of this.#watchers) watcher();
  }
}
