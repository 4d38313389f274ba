import { expect, it, vi } from 'vitest';
import { Stop } from '../../scripts/terminal.js';
import { buildPages } from './build-pages.ts';

const failing = (reason: Error) => () => Promise.reject(reason);
const failure = new Stop('the build of the pages failed (exit code 3)', 3);

it('leaves out the tests of pages that cannot be built, and says so', async () => {
  const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const built = await buildPages(failing(failure), { mayLeaveOut: true });
  const text = said.mock.calls.join('');
  said.mockRestore();
  expect(built).toEqual({ leftOut: failure.message });
  expect(text).toContain('LEFT OUT');
});

it('does not hide that in CI', async () => {
  await expect(buildPages(failing(failure), { mayLeaveOut: false })).rejects.toBe(failure);
});

it.each([new Stop('', 130), new Error('a fault of ours')])(
  'ends the run of whoever stops the build: %o',
  async (error) => {
    await expect(buildPages(failing(error), { mayLeaveOut: true })).rejects.toBe(error);
  },
);
