/**
 * Builds the pages, where their sources changed, for a run that has tests of the built pages. Before any test starts: a
 * server that another test starts meanwhile would read half of a build.
 */
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { ensureBuilt } from '../../scripts/prepare.js';
import { root } from '../../scripts/runtime.js';
import { Stop } from '../../scripts/terminal.js';

export type BuiltPages = { folder: string } | { leftOut: string };

declare module 'vitest' {
  interface ProvidedContext {
    builtPages: BuiltPages;
  }
}

export default async function setup(project: TestProject): Promise<void> {
  project.provide('builtPages', await buildPages(ensureBuilt, { mayLeaveOut: !process.env['CI'] }));
}

/** @param options.mayLeaveOut whether pages that cannot be built leave out their tests; else they fail the run */
export async function buildPages(build: () => Promise<void>, options: { mayLeaveOut: boolean }): Promise<BuiltPages> {
  try {
    await build();
    return { folder: join(root, 'web', 'dist') };
  } catch (error) {
    const isFailedBuild = error instanceof Stop && error.exitCode <= 128; // above, somebody wanted to stop
    if (!isFailedBuild || !options.mayLeaveOut) throw error;
    process.stderr.write(`\n${error.message}: the tests of the built pages are LEFT OUT\n\n`);
    return { leftOut: error.message };
  }
}
