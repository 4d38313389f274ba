import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { configurationTable } from './variables.ts';

const readme = readFileSync(path.join(import.meta.dirname, '../../README.md'), 'utf8');

/** Column widths are the formatter's business. */
const cells = (table: string): string[][] =>
  table
    .trim()
    .split('\n')
    .filter((line) => !/^\| ?-/.test(line))
    .map((line) => line.split('|').map((cell) => cell.trim()));

it('SC-03 the README documents every variable as the server reads it', () => {
  const documented = /<!-- configuration table[^>]*-->([^]*?)<!-- end/.exec(readme)?.[1] ?? '';
  expect(cells(documented)).toEqual(cells(configurationTable()));
});
