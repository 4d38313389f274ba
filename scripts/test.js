// npm test: from a fresh clone to the result of the tests. Arguments go to vitest: npm test -- src/security/jwt.test.ts -t name
// Databases and the pages are started and built by the tests that need them; see vitest.config.ts.
import { run } from './child.js';
import { ensureInstalled } from './prepare.js';
import { commandScript, getNode, root } from './runtime.js';
import { runScript } from './terminal.js';

await runScript(async () => {
  await ensureInstalled();
  return run(getNode(), [commandScript('vitest'), 'run', ...process.argv.slice(2)], { cwd: root });
});
