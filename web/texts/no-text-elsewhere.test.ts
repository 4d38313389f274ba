import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { listFiles } from '../../scripts/fingerprint.js';
import { root } from '../../scripts/runtime.js';
import { findTexts } from '../testing/find-texts.ts';

/** Names that are the same in every language. */
const names: Readonly<Record<string, RegExp>> = {
  'web/features/account/device.ts':
    /^(Edge|Opera|Samsung Internet|Firefox|Chrome|Safari|iPhone|iPad|Android|Windows|macOS|ChromeOS|Linux)$/,
  'web/api/request.ts': /^(Accept|Authorization|Bearer …)$/,
  'web/api/refusal.ts': /^Refusal$/,
};

describe('a text outside of the catalogue', () => {
  it('stands in no page', () => {
    const sources = listFiles(root, 'web').filter(
      (file) => /\.tsx?$/.test(file) && !/^web\/(texts|styles)\/|\.config\.ts$|\.d\.ts$/.test(file),
    );
    expect(sources.length).toBeGreaterThan(50);
    const found = sources.flatMap((file) =>
      findTexts(file, readFileSync(path.join(root, file), 'utf8'))
        .filter(({ text }) => names[file]?.test(text) !== true)
        .map(({ line, text }) => `${file}:${line} ${text}`),
    );
    expect(found).toEqual([]);
  });

  it.each([
    ['<p>Hello</p>', 'Hello'],
    ['<p>{"hello"}</p>', 'hello'],
    ['<p>{`hello ${name}`}</p>', 'hello …'],
    ['<p>{isDone ? "copied" : texts.copy}</p>', 'copied'],
    ['<p>{isDone && "copied"}</p>', 'copied'],
    ['<p>{name ?? "nobody"}</p>', 'nobody'],
    ['<p>{["one", name]}</p>', 'one'],
    ['<Button>Sign in</Button>', 'Sign in'],
    ['<button aria-label="close" />', 'close'],
    ['<button aria-label={isOpen ? "close" : texts.open} />', 'close'],
    ['<input placeholder="name" />', 'name'],
    ['<input title={`more about ${name}`} />', 'more about …'],
    ['<Field label="Password" />', 'Password'],
    ['<Field description={"at least 8"} />', 'at least 8'],
    ['<Card heading="anything new" />', 'anything new'],
    ['<Card facts={[{ label: "Last used" }]} />', 'Last used'],
    ['notify({ message: "Saved." })', 'Saved.'],
    ['{ name: (value: string) => (value === "" ? "Enter a name." : null) }', 'Enter a name.'],
    ['confirm("are you sure")', 'are you sure'],
  ])('is found in %s', (source, text) => {
    expect(findTexts('page.tsx', `const page = (${source});`).map(({ text }) => text)).toEqual([text]);
  });

  it.each([
    '<p className="a b" data-tone="low tide">{texts.hello}</p>',
    '<code>npm run cli -- admin {act}</code>',
    '<p>{tone === "Some tone" ? texts.yes : texts.no}</p>',
    'new Error("index.html has no root element")',
    'headers.set("Content-Type", type)',
    '{ "Some key": 1 }',
    '<p>{texts.newHere((words) => <a href="/sign-up">{words}</a>)} · </p>',
  ])('is none in %s', (source) => {
    expect(findTexts('page.tsx', `import a from 'Some module';\nconst page = (${source});`)).toEqual([]);
  });
});
