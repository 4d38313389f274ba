// docs/requirements.md as Markdown. It lies in docs/, so a link to a file of the project begins with `../`.

/** @typedef {import('./requirements.js').Area} Area */
/** @typedef {import('./requirements.js').Requirement} Requirement */
/** @typedef {import('./requirement-tests.js').Proof} Proof */

/** More tests than this are folded away. */
const openTests = 5;

const introduction = `# Requirements

<!-- made by "npm run requirements" from docs/requirements.yml and the titles of the tests: change those, not this page -->

What Gatehouse promises about security and reliability, one row a promise. A code such as \`RL-02\` in a comment or in the title of a test
stands for its row here. The promises and their sources are written in [requirements.yml](requirements.yml). The tests under each are those
whose titles name it; none of them need prove all of it. \`npm run requirements\` renews this page; a test fails where it is out of date, or
where a code has no row.`;

const legend = `## Levels and sources

- **Level** 1, 2 or 3 is the level at which OWASP ASVS 5.0 asks for it, 1 first. P is a promise of our own that goes beyond it.
- **ASVS** [Application Security Verification Standard 5.0](https://github.com/OWASP/ASVS/tree/v5.0.0/5.0/en), by section
- **NIST** [SP 800-63B-4](https://pages.nist.gov/800-63-4/sp800-63b.html), Digital Identity Guidelines: Authentication, by section
- **OWASP API1** to **API10** [API Security Top 10, 2023](https://owasp.org/API-Security/editions/2023/en/0x11-t10/)
- **OWASP** and a title: a page of the [Cheat Sheet Series](https://cheatsheetseries.owasp.org/)
- **RFC** a number and its section: [rfc-editor.org](https://www.rfc-editor.org/)
- **RateLimit draft** [RateLimit header fields for HTTP](https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/), IETF
- **CIS Docker** [CIS Docker Benchmark](https://www.cisecurity.org/benchmark/docker), by section
- **CVE**, **GHSA**, **project#number**: a fault of a comparable product that the row prevents
- **Gatehouse** our own, where no standard says as much

In the titles of tests, … stands for what a table of cases or a variable fills in.`;

/** @param {string} text as it is, whatever Markdown would make of it */
const plain = (text) => text.replace(/[\\`*[\]<>~&]|^[#+-](?=\s)|(?<![a-z\d])_|_(?![a-z\d])/gi, '\\$&');

/** @param {string} file */
const link = (file) => `[${plain(file)}](../${file})`;

/** @param {string} id */
const linkToRow = (id) => `[${id}](#${id.toLowerCase()})`;

/** @param {number} count @param {string} noun */
const counted = (count, noun) => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** @param {readonly Proof[]} proofs of one row @returns {Map<string, string[]>} titles by file, each once */
function byFile(proofs) {
  /** @type {Map<string, string[]>} */
  const files = new Map();
  for (const { file, title } of proofs) {
    const titles = files.get(file) ?? [];
    if (!titles.includes(title)) files.set(file, [...titles, title]);
  }
  return files;
}

/** @param {readonly Proof[]} proofs */
function renderTests(proofs) {
  const files = byFile(proofs);
  const titles = [...files.values()].flat().length;
  const list = [...files].map(([file, of]) =>
    [`- ${link(file)}`, ...of.map((title) => `  - ${plain(title)}`)].join('\n'),
  );
  const heading = `${counted(titles, 'test')}${files.size > 1 ? ` in ${counted(files.size, 'file')}` : ''}`;
  if (titles <= openTests) return `${heading}:\n\n${list.join('\n')}`;
  return `<details><summary>${heading}</summary>\n\n${list.join('\n')}\n\n</details>`;
}

/** @param {readonly Proof[]} measurements */
function renderMeasurements(measurements) {
  return `Measured by \`npm run bench\`: ${measurements.map(({ file }) => link(file)).join(', ')}`;
}

/**
 * @param {Requirement} row
 * @param {readonly Proof[]} proofs
 * @param {readonly Proof[]} measurements
 */
function renderRow({ id, level, source, promise }, proofs, measurements) {
  const tests = proofs.filter(({ code }) => code === id);
  const measured = measurements.filter(({ code }) => code === id);
  return [
    `### ${id}`,
    promise,
    `${level === 'P' ? 'Level P' : `Level ${level}`} · ${source}`,
    ...(measured.length > 0 ? [renderMeasurements(measured)] : []),
    tests.length > 0 ? renderTests(tests) : '**No test.**',
  ].join('\n\n');
}

/**
 * @param {readonly Area[]} areas
 * @param {Set<string>} tested codes that a test proves
 * @param {Set<string>} measured codes that are measured
 */
function renderSummary(areas, tested, measured) {
  const rows = areas.flatMap((area) => area.rows);
  const untested = rows.filter(({ id }) => !tested.has(id));
  const onlyMeasured = untested.filter(({ id }) => measured.has(id));
  const lines = areas.map(({ area, rows: own }) => {
    const without = own.filter(({ id }) => !tested.has(id)).map(({ id }) => linkToRow(id));
    const anchor = area
      .toLowerCase()
      .replace(/[^\w\s-]/g, '')
      .replace(/\s/g, '-');
    return `- [${area}](#${anchor}), ${own.length - without.length} of ${own.length}${without.length > 0 ? `: ${without.join(' ')}` : ''}`;
  });
  return [
    '## Summary',
    `${rows.length} rows: ${rows.length - untested.length} proven by tests, ${untested.length} without a test. ` +
      'What a row without a test promises may not exist yet.' +
      (onlyMeasured.length > 0 ? ` Measured only: ${onlyMeasured.map(({ id }) => linkToRow(id)).join(' ')}.` : ''),
    'By area, how many rows are proven by a test, and those that have none:',
    lines.join('\n'),
  ].join('\n\n');
}

/**
 * @param {readonly Area[]} areas
 * @param {readonly Proof[]} proofs
 * @param {readonly Proof[]} measurements
 */
export function renderRequirements(areas, proofs, measurements) {
  const codes = (/** @type {readonly Proof[]} */ of) => new Set(of.map(({ code }) => code));
  const sections = areas.flatMap(({ area, about, rows }) => [
    `## ${area}`,
    ...(about ? [about] : []),
    ...rows.map((row) => renderRow(row, proofs, measurements)),
  ]);
  return `${[introduction, renderSummary(areas, codes(proofs), codes(measurements)), legend, ...sections].join('\n\n')}\n`;
}
