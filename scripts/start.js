// npm start: from a fresh clone to a running server. Runs on Node 20 without any package.
import path from 'node:path';
import { run } from './child.js';
import { ensureBuilt, ensureInstalled } from './prepare.js';
import { getNode, root } from './runtime.js';
import { runScript } from './terminal.js';

await runScript(async () => {
  await ensureInstalled();
  await ensureBuilt();
  return run(getNode(), [path.join(root, 'src', 'launch.js'), ...process.argv.slice(2)], { cwd: root });
});
