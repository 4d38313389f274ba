import type { english } from './english/index.ts';

/** What every language must say: one that lacks a text does not compile. English is what the others are measured by. */
export type Texts = ReturnType<typeof english>;
