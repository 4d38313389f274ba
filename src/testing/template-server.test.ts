import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { openDatabase } from '../database/open.ts';
import { serveTemplates, type TemplateServerOptions } from './template-server.ts';

async function start(options: Partial<TemplateServerOptions> = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-templates-'));
  const startPostgres = vi.fn(() => Promise.reject(new Error('initdb: no space left')));
  const report = vi.fn();
  const server = await serveTemplates({ folder, startPostgres, mayLeaveOut: true, report, ...options });
  onTestFinished(async () => {
    await server.close();
    await rm(folder, { recursive: true, force: true });
  });
  const ask = async (name: string): Promise<{ status: number; text: string }> => {
    const answer = await fetch(new URL(name, server.address));
    return { status: answer.status, text: await answer.text() };
  };
  return { ask, report, startPostgres };
}

it('starts nothing before a test asks', async () => {
  const { report, startPostgres } = await start();
  expect(startPostgres).not.toHaveBeenCalled();
  expect(report).not.toHaveBeenCalled();
});

it('makes one SQLite template for all who ask, and no PostgreSQL for it', async () => {
  const { ask, report, startPostgres } = await start();
  const [answer, ...others] = await Promise.all([ask('sqlite'), ask('sqlite'), ask('sqlite')]);
  expect(others).toEqual([answer, answer]);
  const { path } = JSON.parse(answer.text) as { path: string };
  const database = await openDatabase({ url: `file:${path}` });
  expect(await database.pendingMigrations()).toEqual([]);
  await database.close();
  expect(report.mock.calls).toEqual([['SQLite', expect.any(String)]]);
  expect(startPostgres).not.toHaveBeenCalled();
});

it('leaves out the tests of a PostgreSQL that does not start, and tries once', async () => {
  const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const { ask, report, startPostgres } = await start();
  const answers = await Promise.all([ask('postgres'), ask('postgres')]);
  const text = said.mock.calls.join('');
  said.mockRestore();
  for (const answer of answers) expect(JSON.parse(answer.text)).toEqual({ leftOut: expect.any(String) as unknown });
  expect(text).toMatch(/LEFT OUT[^]*initdb: no space left/);
  expect(report.mock.calls).toEqual([['PostgreSQL', undefined]]);
  expect(startPostgres).toHaveBeenCalledTimes(1);
});

it('fails them in CI, with the reason', async () => {
  const { ask } = await start({ mayLeaveOut: false });
  expect(await ask('postgres')).toEqual({
    status: 500,
    text: expect.stringContaining('initdb: no space left') as unknown,
  });
});

it('answers only those who know its address', async () => {
  const { ask, startPostgres } = await start();
  for (const path of ['/postgres', '/', 'nothing', '/00000000-0000-4000-8000-000000000000/postgres'])
    expect((await ask(path)).status, path).toBe(404);
  expect(startPostgres).not.toHaveBeenCalled();
});
