// npm test: from a fresh clone to the result of the tests. Arguments go to vitest: npm test -- src/security
// Some tests look at the built pages. Pages that cannot be built right now do not keep the others from running, except
// in CI.
import { run } from './child.js';
import { ensureBuilt, ensureInstalled } from './prepare.js';
import { commandScript, getNode, root } from './runtime.js';
import { Stop, runScript, say } from './terminal.js';

await runScript(async () => {
  await ensureInstalled();
  await ensureBuilt().catch((error) => {
    if (!(error instanceof Stop) || error.exitCode > 128 || process.env.CI) throw error;
    say(error.message);
  });
  return run(getNode(), [commandScript('vitest'), 'run', ...process.argv.slice(2)], { cwd: root });
});
