// SPDX-License-Identifier: Apache-2.0
export { Api } from './client';
export { ApiError, codeOf } from './error';
export * from './moderation';
export * from './rooms';
export { Session, type Who } from './session';
export * from './types';
