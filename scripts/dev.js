// npm run dev: the server, restarted when its sources change, and beside it Vite's server with the pages, which
// passes /api and /.well-known on. When one of the two ends, so does the other.
import path from 'node:path';
import { startChild } from './child.js';
import { ensureInstalled } from './prepare.js';
import { commandScript, getNode, root } from './runtime.js';
import { runScript, say } from './terminal.js';

await runScript(async () => {
  await ensureInstalled();
  const node = getNode();
  const launcher = path.join(root, 'src', 'launch.js');
  const server = startChild(node, ['--watch', '--watch-preserve-output', launcher], { cwd: root });
  const pages = startChild(node, [commandScript('vite'), '--config', path.join('web', 'vite.config.ts')], {
    cwd: root,
  });
  say('open the address that Vite prints; the server restarts by itself');
  const code = await Promise.race([server.ended, pages.ended]);
  for (const { child } of [server, pages]) child.kill('SIGTERM');
  await Promise.allSettled([server.ended, pages.ended]);
  return code;
});
