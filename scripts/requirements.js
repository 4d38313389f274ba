// npm run requirements: renews docs/requirements.md from docs/requirements.yml and the titles of the tests.
import { execFileSync } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { parse } from 'yaml';
import { codePattern, readMeasurements, readProofs } from './requirement-tests.js';
import { renderRequirements } from './requirements-page.js';
import { root } from './runtime.js';

/**
 * @typedef {object} Requirement
 * @property {string} id
 * @property {string | number} level
 * @property {string} source
 * @property {string} promise
 *
 * @typedef {object} Area
 * @property {string} area
 * @property {string} [about]
 * @property {Requirement[]} rows
 *
 * @typedef {object} File
 * @property {string} name relative to the project's folder, with slashes
 * @property {string} text
 */

const rowsFile = 'docs/requirements.yml';
const page = 'docs/requirements.md';
const testFile = /^(src|web|scripts|e2e|docker\/test)\/.*\.(test|spec)\.tsx?$/;
/** Tests that several test files share. */
const sharedTests = /^(src|web|scripts)\/(.*\/)?(test-[^/]+|testing\/.+)\.tsx?$/;

/** @param {string} text @returns {Area[]} */
export const parseRequirements = (text) => parse(text);

/** Every text file of the project as it stands, also one that is not committed yet. @returns {File[]} sorted by name */
export function listTexts() {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: root });
  return [...new Set(listed.toString().split('\0'))]
    .filter((name) => statSync(path.join(root, name), { throwIfNoEntry: false })?.isFile())
    .sort()
    .map((name) => ({ name, text: readFileSync(path.join(root, name), 'utf8') }))
    .filter(({ text }) => !text.includes('\0'));
}

/** @param {readonly Area[]} areas @returns {string[]} what is wrong with the rows, a sentence each */
export function findRowFaults(areas) {
  const rows = areas.flatMap((area) => area.rows);
  const ids = rows.map(({ id }) => id);
  const isEmpty = (/** @type {string | null | undefined} */ text) => !text?.trim();
  return [
    ...rows.filter(({ id }) => !/^[A-Z]{2}-\d{2}$/.test(id)).map(({ id }) => `${id} is no code`),
    ...ids.filter((id, index) => ids.indexOf(id) !== index).map((id) => `${id} has two rows`),
    ...rows.filter(({ promise }) => isEmpty(promise)).map(({ id }) => `${id} promises nothing`),
    ...rows.filter(({ source }) => isEmpty(source)).map(({ id }) => `${id} has no source`),
    ...rows.filter(({ level }) => !/^(P|[123](\/[23])?)$/.test(`${level}`)).map(({ id }) => `${id} has no level`),
  ].map((fault) => `${rowsFile}: ${fault}`);
}

/**
 * @param {readonly Area[]} areas
 * @param {readonly File[]} files
 * @returns {string[]} each code without a row, with file and line
 */
export function findUnknownCodes(areas, files) {
  const known = new Set(areas.flatMap(({ rows }) => rows.map(({ id }) => id)));
  return files
    .filter(({ name }) => name !== page)
    .flatMap(({ name, text }) =>
      text
        .split('\n')
        .flatMap((line, index) =>
          [...line.matchAll(codePattern)]
            .filter(([code]) => !known.has(code))
            .map(([code]) => `${name}:${index + 1}: ${code} has no row in ${rowsFile}`),
        ),
    );
}

/**
 * @param {readonly Area[]} areas
 * @param {readonly File[]} files
 * @returns {Promise<string>} docs/requirements.md as it has to be
 */
export async function makePage(areas, files) {
  const tests = files.filter(({ name }) => testFile.test(name) || sharedTests.test(name));
  const benches = files.filter(({ name }) => /^bench\/.*\.ts$/.test(name));
  const proofs = tests.flatMap(({ name, text }) => readProofs(name, text));
  const measurements = benches.flatMap(({ name, text }) => readMeasurements(name, text));
  const config = await resolveConfig(path.join(root, page));
  return format(renderRequirements(areas, proofs, measurements), { ...config, parser: 'markdown' });
}

if (path.resolve(process.argv[1] ?? '') === fileURLToPath(import.meta.url)) {
  const areas = parseRequirements(readFileSync(path.join(root, rowsFile), 'utf8'));
  const files = listTexts();
  const faults = [...findRowFaults(areas), ...findUnknownCodes(areas, files)];
  if (faults.length === 0) writeFileSync(path.join(root, page), await makePage(areas, files));
  else console.error(faults.join('\n'));
  process.exitCode = faults.length === 0 ? 0 : 1;
}
