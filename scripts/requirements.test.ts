import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { readMeasurements, readProofs } from './requirement-tests.js';
import { findRowFaults, findUnknownCodes, listTexts, makePage, parseRequirements } from './requirements.js';
import type { Requirement } from './requirements.js';
import { root } from './runtime.js';

const read = (file: string) => readFileSync(path.join(root, file), 'utf8');
const areas = parseRequirements(read('docs/requirements.yml'));
const files = listTexts();

/** Never written out, since this file is searched for codes as well. */
const code = (number: string) => `QQ-${number}`;
const row = (changes: Partial<Requirement> = {}): Requirement => ({
  id: code('01'),
  level: 1,
  source: 'RFC 9457',
  promise: 'The server answers.',
  ...changes,
});
const areaOf = (...rows: Requirement[]) => [{ area: 'An area', rows }];

describe('the requirements', () => {
  it('have a row for every code that the project names', () => {
    expect(files.map(({ name }) => name)).toEqual(expect.arrayContaining(['README.md', 'src/main.ts', 'deploy.sh']));
    expect(findUnknownCodes(areas, files)).toEqual([]);
  });

  it('have one row a code, with a promise, a level and a source', () => {
    expect(findRowFaults(areas)).toEqual([]);
  });

  it('are shown with the tests that there are', { timeout: 60_000 }, async () => {
    const isCurrent = read('docs/requirements.md') === (await makePage(areas, files));
    expect(isCurrent, 'docs/requirements.md is out of date; this renews it: npm run requirements').toBe(true);
  });
});

describe('what is wrong with the requirements', () => {
  it('is a code without a row, wherever it stands', () => {
    const texts = [
      { name: 'README.md', text: `one\n${code('01')} and ${code('02')}` },
      { name: 'src/a.ts', text: `// (${code('03')}), ${code('1')}/${code('001')}\n` },
      { name: 'docs/requirements.yml', text: `see ${code('04')}` },
      { name: 'docs/requirements.md', text: code('05') }, // made from the others
    ];
    expect(findUnknownCodes(areaOf(row()), texts)).toEqual(
      [
        ['README.md:2', code('02')],
        ['src/a.ts:1', code('03')],
        ['src/a.ts:1', code('1')],
        ['src/a.ts:1', code('001')],
        ['docs/requirements.yml:1', code('04')],
      ].map(([where, unknown]) => `${where}: ${unknown} has no row in docs/requirements.yml`),
    );
  });

  it('is not what only looks like a code', () => {
    const text = ['CVE-2026-12345', 'GHSA-99h5-pjcv-gr6v', 'SHA-384', `x${code('02')}`, code('02x')].join(' ');
    expect(findUnknownCodes([], [{ name: 'a.md', text }])).toEqual([]);
  });

  it.each([
    ['two rows of one code', [row(), row({ promise: 'Another.' })], 'has two rows'],
    ['no promise', [row({ promise: ' ' })], 'promises nothing'],
    ['no source', [row({ source: '' })], 'has no source'],
    ['no level', [row({ level: 4 })], 'has no level'],
  ])('is %s', (_what, rows, fault) => {
    expect(findRowFaults(areaOf(...rows))).toEqual([`docs/requirements.yml: ${code('01')} ${fault}`]);
  });

  it('is two rows of one code in two areas, a member that is missing, and a code of another form', () => {
    expect(findRowFaults([...areaOf(row()), ...areaOf(row())])).toHaveLength(1);
    const incomplete = parseRequirements(`[{ area: A, rows: [{ id: ${code('1')}, level: P }] }]`);
    expect(findRowFaults(incomplete).map((fault) => fault.replace(/^.*: /, ''))).toEqual([
      `${code('1')} is no code`,
      `${code('1')} promises nothing`,
      `${code('1')} has no source`,
    ]);
  });
});

describe('the tests of a requirement', () => {
  const titles = (source: string) =>
    readProofs('a.test.ts', source).map((proof) => `${proof.code} ${proof.title}`.replace(/^QQ-/, ''));
  const [one, two, three] = [code('01'), code('02'), code('03')];

  it('are those whose title names it, however the title is made', () => {
    expect(
      titles(`
        it('${one}, ${two} does', () => {});
        test('${one}: runs', async () => {});
        it('sees that ${one} holds', { timeout: 1 }, () => {});
        it.each([1])('${one} takes %s of $name.first', () => {});
        it.runIf(ready)(\`${one} is \${kind} enough\`, () => {});
        it('${one} begins ' + end, () => {});
        test.describe.serial('a page', () => test.only('${one} shows', () => {}));
      `),
    ).toEqual([
      '01 does',
      '02 does',
      '01 runs',
      `01 sees that ${one} holds`,
      '01 takes … of …',
      '01 is … enough',
      '01 begins …',
      '01 a page › shows',
    ]);
  });

  it('are all those of a group that names it, also of a group that the test file makes', () => {
    expect(
      titles(`
        describe('${one} keys', () => { it('turn', () => {}); it('${two} end', () => {}); });
        describeEachDatabase('locks', ({ open }) => { it('${one} hold', () => {}); });
        eachWithRedis('${three} quotas', () => { test.each([1])('%s', () => {}); });
      `),
    ).toEqual(['01 keys › turn', '01 keys › end', '02 keys › end', '01 locks › hold', '03 quotas']);
  });

  it('are not what is skipped, or says a code in a comment, a body, a table of cases or another call', () => {
    expect(
      titles(`
        // ${one}
        it('does', () => { expect('${one}').toBe('${one}'); test.step('${one} goes on', () => {}); });
        it.each(['${one}'])('takes %s', () => {});
        it.skip('${one} waits', () => {});
        it.todo('${one} comes');
        write('${one} file', () => {});
        beforeEach('${one}', () => {});
        describe.skip('later', () => { it('${one} does', () => {}); });
        test.describe.fixme('later', () => { test('${one} does', () => {}); });
      `),
    ).toEqual([]);
  });

  it('a benchmark measures what its first comment names', () => {
    const source = `// A flood (${one}),\n// and who else notices (${two}).\nimport 'x';\n// ${three}\n`;
    expect(readMeasurements('bench/a.ts', source).map((proof) => proof.code)).toEqual([one, two]);
  });
});

describe('the page of requirements', () => {
  it('says for each row what proves it, what measures it, or that nothing does', async () => {
    const rows = ['01', '02', '03'].map((number) => row({ id: code(number) }));
    const test = (title: string) => `it('${title}', () => {});\n`;
    const page = await makePage(areaOf(...rows), [
      { name: 'bench/a.ts', text: `// ${code('02')}` },
      { name: 'src/a_b.ts', text: test(`${code('03')} is in no test file`) },
      { name: 'src/a_b.test.ts', text: [...'fedcba'].map((name) => test(`${code('01')} ${name} <*>`)).join('') },
      { name: 'web/a.test.tsx', text: test(`${code('01')} twice __proto__`).repeat(2) },
    ]);
    expect(page).toContain('3 rows: 1 proven by tests, 2 without a test.');
    expect(page).toContain(`Measured only: [${code('02')}](#qq-02).`);
    expect(page).toContain(`- [An area](#an-area), 1 of 3: [${code('02')}](#qq-02) [${code('03')}](#qq-03)`);
    expect(page).toContain(
      '<details><summary>7 tests in 2 files</summary>\n\n- [src/a_b.test.ts](../src/a_b.test.ts)\n',
    );
    expect(page).toContain('  - f \\<\\*\\>\n  - e');
    expect(page.match(/- twice \\_\\_proto\\_\\_\n/g)).toHaveLength(1);
    expect(page).toContain('Measured by `npm run bench`: [bench/a.ts](../bench/a.ts)\n\n**No test.**');
    expect(page).not.toContain('no test file');
  });
});
