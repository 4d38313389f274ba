import { beforeEach, inject } from 'vitest';
import type { BuiltPages } from './build-pages.ts';

/**
 * For a file of the project "built pages" in `vitest.config.ts`: the folder of the built pages. Leaves out its tests where
 * they could not be built.
 */
export function needBuiltPages(): string {
  const built = inject('builtPages') as BuiltPages | undefined;
  if (built === undefined) throw new Error('vitest.config.ts has a list of the files that look at the built pages');
  beforeEach(({ skip }) => {
    if ('leftOut' in built) skip(`LEFT OUT, ${built.leftOut}`);
  });
  return 'folder' in built ? built.folder : '';
}
