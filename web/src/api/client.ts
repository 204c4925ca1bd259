// SPDX-License-Identifier: Apache-2.0
// Calls to the server. The access token lives in this object and nowhere else; the refresh token is a cookie that scripts
// cannot read. When the access token is over, one call renews it, in one tab at a time, and the others wait for it.
import { ApiError, readError } from './error';

export interface Tokens {
  accessToken: string;
}

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

interface Surroundings {
  fetch: typeof fetch;
  /** Only one tab renews: two would use the same refresh token, which the server takes for theft. */
  alone: <T>(work: () => Promise<T>) => Promise<T>;
}

const alone: Surroundings['alone'] = async (work) =>
  navigator.locks
    ? ((await navigator.locks.request('bedrud-refresh', work)) as Awaited<ReturnType<typeof work>>)
    : work();

export class Api {
  #access: string | null = null;
  #renewing: Promise<boolean> | null = null;
  #around: Surroundings;
  /** Told when the server no longer knows who we are. */
  onSignedOut: () => void = () => undefined;

  constructor(around: Partial<Surroundings> = {}) {
    this.#around = { fetch: (...all) => fetch(...all), alone, ...around };
  }

  get hasToken(): boolean {
    return this.#access !== null;
  }

  setTokens(tokens: Tokens | null): void {
    this.#access = tokens?.accessToken ?? null;
  }

  get<T>(path: string, signal?: AbortSignal): Promise<T> {
    return this.call('GET', path, undefined, signal);
  }

  post<T>(path: string, body: object = {}): Promise<T> {
    return this.call('POST', path, body);
  }

  put<T>(path: string, body: object): Promise<T> {
    return this.call('PUT', path, body);
  }

  delete<T>(path: string): Promise<T> {
    return this.call('DELETE', path);
  }

  async call<T>(method: Method, path: string, body?: object | FormData, signal?: AbortSignal): Promise<T> {
    const used = this.#access;
    let response = await this.#send(method, path, body, signal);
    if (response.status === 401 && used !== null) {
      const error = await readError(response);
      const isToken = error.code === 'invalid_token' || error.code === 'unauthorized';
      if (!isToken || !(await this.#hasOtherThan(used))) throw error;
      response = await this.#send(method, path, body, signal);
    }
    if (!response.ok) throw await readError(response);
    if (response.status === 204) return undefined as T;
    return (await response.json().catch(() => {
      throw new ApiError('unexpected', response.status, 'the answer is not JSON');
    })) as T;
  }

  /** A new access token for the refresh token in the cookie. False: there is none, or it is over. */
  renew(): Promise<boolean> {
    this.#renewing ??= this.#around.alone(() => this.#renew()).finally(() => (this.#renewing = null));
    return this.#renewing;
  }

  /** Another call may have renewed the token in between, or be at it. */
  async #hasOtherThan(used: string): Promise<boolean> {
    return this.#renewing || this.#access === used ? this.renew() : this.#access !== null;
  }

  async #renew(): Promise<boolean> {
    this.#access = null;
    let response = await this.#send('POST', '/auth/refresh', {});
    // Another window was faster; its cookie is ours too.
    if (response.status === 409) response = await this.#send('POST', '/auth/refresh', {});
    if (response.ok) {
      this.setTokens((await response.json()) as Tokens);
      return true;
    }
    if (response.status >= 500 || response.status === 429) throw await readError(response);
    this.onSignedOut();
    return false;
  }

  async #send(method: Method, path: string, body?: object | FormData, signal?: AbortSignal): Promise<Response> {
    const headers: Record<string, string> = {};
    if (this.#access) headers.Authorization = `Bearer ${this.#access}`;
    const isForm = body instanceof FormData;
    if (body && !isForm) headers['Content-Type'] = 'application/json';
    const init: RequestInit = { method, headers, credentials: 'same-origin', cache: 'no-store' };
    if (body) init.body = isForm ? body : JSON.stringify(body);
    if (signal) init.signal = signal;
    try {
      return await this.#around.fetch(`/api${path}`, init);
    } catch (error) {
      if (error instanceof DOMException && error.name === 'AbortError') throw error;
      throw new ApiError('network', 0, 'the server cannot be reached');
    }
  }
}
