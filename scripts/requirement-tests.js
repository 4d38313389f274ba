// Which tests prove which requirement: read from the titles, with the syntax tree, so that a text in the body of a test is none.
import path from 'node:path';
import ts from 'typescript';

/**
 * @typedef {object} Proof
 * @property {string} code such as the first column of docs/requirements.md
 * @property {string} file relative to the project's folder, with slashes
 * @property {string} title without its codes; `…` stands for what a table of cases fills in
 */

/** What a code looks like. More digits than two are a mistake, and are found as one. */
export const codePattern = /\b[A-Z]{2}-\d+\b/g;

/** @param {string} text */
const codesIn = (text) => [...new Set(text.match(codePattern))];

/** `it`, `test`, `describe`, and what a test file calls its own: `describeEachDatabase`, `eachWithRedis`. */
const declares = /^(it|test|(describe|each)([A-Z]\w*)?)$/;
/** `test.step` or `test.use` is no test of its own. */
const modifiers = new Set(['each', 'for', 'runIf', 'skipIf', 'only', 'concurrent', 'sequential', 'serial', 'describe']);
/** What never runs, or is meant to fail, proves nothing. */
const proveNothing = new Set(['skip', 'todo', 'fails', 'fixme']);

/**
 * @param {import('typescript').Expression} callee such as `it`, `it.each(table)` or `test.describe.serial`
 * @returns {string[]} its names, or none where it is something else
 */
function namesOf(callee) {
  if (ts.isIdentifier(callee)) return [callee.text];
  if (ts.isCallExpression(callee) || ts.isTaggedTemplateExpression(callee)) {
    return namesOf(ts.isCallExpression(callee) ? callee.expression : callee.tag);
  }
  if (!ts.isPropertyAccessExpression(callee)) return [];
  const names = namesOf(callee.expression);
  return names.length === 0 ? [] : [...names, callee.name.text];
}

/**
 * @param {import('typescript').CallExpression} call
 * @returns {'test' | 'group' | 'nothing' | undefined} what it declares, if anything
 */
function kindOf(call) {
  const [first = '', ...rest] = namesOf(call.expression);
  if (!declares.test(first) || call.arguments.length < 2) return undefined;
  if (rest.some((name) => proveNothing.has(name))) return 'nothing';
  if (!rest.every((name) => modifiers.has(name))) return undefined;
  return /^(it|test)$/.test(first) && !rest.includes('describe') ? 'test' : 'group';
}

/** @param {import('typescript').Node} node @returns {string | undefined} */
function textOf(node) {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isTemplateExpression(node)) {
    return node.head.text + node.templateSpans.map(({ literal }) => `…${literal.text}`).join('');
  }
  if (!ts.isBinaryExpression(node)) return undefined;
  return `${textOf(node.left) ?? '…'}${textOf(node.right) ?? '…'}`;
}

/** @param {string} title */
function withoutCodes(title) {
  return title
    .replace(/^([A-Z]{2}-\d+([,:/]|\s+(and|to))?\s*)+/, '')
    .replace(/%[sdifjo]|\$[A-Za-z]\w*(\.\w+)*/g, '…')
    .trim();
}

/**
 * @param {string} file
 * @param {string} source
 * @returns {Proof[]} in the order of the file; a code of a group counts for each test in it
 */
export function readProofs(file, source) {
  const tree = ts.createSourceFile(file, source, ts.ScriptTarget.Latest, false);
  /** @type {Proof[]} */
  const proofs = [];
  /** @param {import('typescript').Node} node @param {string[]} groups the titles around it */
  const visit = (node, groups) => {
    const kind = ts.isCallExpression(node) ? kindOf(node) : undefined;
    if (kind === 'nothing') return;
    const title = kind && ts.isCallExpression(node) && node.arguments[0] ? textOf(node.arguments[0]) : undefined;
    const titles = title === undefined ? groups : [...groups, title];
    if (kind !== 'test') {
      ts.forEachChild(node, (child) => visit(child, titles));
      return;
    }
    const shown = titles.map(withoutCodes).filter((part) => part !== '' && part !== '…');
    for (const code of codesIn(titles.join(' '))) proofs.push({ code, file, title: shown.join(' › ') });
  };
  visit(tree, []);
  return proofs;
}

/**
 * A file of the benchmarks has no titles: its first comment says what it measures.
 * @param {string} file
 * @param {string} source
 * @returns {Proof[]}
 */
export function readMeasurements(file, source) {
  const comments = (ts.getLeadingCommentRanges(source, 0) ?? []).map(({ pos, end }) => source.slice(pos, end));
  return codesIn(comments.join('\n')).map((code) => ({ code, file, title: path.posix.basename(file) }));
}
