import { createScanner } from 'jsonc-parser';

export type JsonFault = 'duplicate-key' | 'too-deep' | 'forbidden-key';

// An assignment or merge of one of these reaches Object.prototype. They are refused, not dropped (GHSA-h726-x36v-rx45).
const FORBIDDEN_KEYS = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * What JSON.parse takes without a word: a name twice in one object (parsers disagree on which one counts, so a proxy
 * may have checked the other), names that reach a prototype, and nesting without end. Names are compared as JSON means
 * them: "\u0061" is "a". To be asked before JSON.parse; it does not say whether the text is JSON at all.
 *
 * Linear and without recursion: jsonc-parser's `visit` calls itself for each level, and 100 KiB of "[" end the stack.
 */
export function findJsonFault(text: string, limits: { depth: number }): JsonFault | undefined {
  const scanner = createScanner(text, true);
  const names: Set<string>[] = []; // one for each open object or array, the innermost last
  let lastString = '';
  for (;;) {
    scanner.scan();
    const token = text[scanner.getTokenOffset()]; // its first character tells what it is (the enum is not there at run time)
    if (token === undefined) return undefined;
    if (token === '"') lastString = scanner.getTokenValue();
    if ((token === '{' || token === '[') && names.push(new Set()) > limits.depth) return 'too-deep';
    if (token === '}' || token === ']') names.pop();
    if (token !== ':') continue; // in JSON a colon stands after a member's name and nowhere else
    if (FORBIDDEN_KEYS.has(lastString)) return 'forbidden-key';
    const siblings = names.at(-1);
    if (siblings?.has(lastString)) return 'duplicate-key';
    siblings?.add(lastString);
  }
}
