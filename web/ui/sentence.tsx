import { createElement, Fragment } from 'react';
import type { ReactNode } from 'react';

/** Pieces of text and elements, in the order in which a language puts them. */
export function Sentence({ children }: { children: readonly ReactNode[] }) {
  return createElement(Fragment, null, ...children); // as children of their own, so that none of them needs a key
}
