// SPDX-License-Identifier: Apache-2.0
// Why a call failed. The server names each reason by a short code; what has none is `network` (nobody answered) or
// `unexpected` (what came is not an answer of ours).

export class ApiError extends Error {
  constructor(
    readonly code: string,
    readonly status: number,
    message: string,
    /** Seconds after which it is worth another try, when the server says so. */
    readonly retryAfter: number | null = null,
  ) {
    super(message);
    this.name = 'ApiError';
  }
}

export const codeOf = (error: unknown): string => (error instanceof ApiError ? error.code : 'unexpected');

/** The error in an answer that is not a good one. */
export async function readError(response: Response): Promise<ApiError> {
  const seconds = Number(response.headers.get('Retry-After') ?? NaN);
  const retryAfter = Number.isFinite(seconds) && seconds > 0 ? seconds : null;
  const body: unknown = await response.json().catch(() => null);
  const { code, error } = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
  const text = typeof error === 'string' ? error : response.statusText;
  return new ApiError(typeof code === 'string' ? code : 'unexpected', response.status, text, retryAfter);
}
