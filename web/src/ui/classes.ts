// SPDX-License-Identifier: Apache-2.0

/** Class names that apply, as one text. */
export const classes = (...names: (string | false | null | undefined)[]): string => names.filter(Boolean).join(' ');
