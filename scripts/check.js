// npm run check: every gate in order, as CI runs them. All of them run, so that one look tells everything.
import { run } from './child.js';
import { ensureInstalled } from './prepare.js';
import { npmCommand, root } from './runtime.js';
import { runScript, say, seconds } from './terminal.js';

const gates = ['typecheck', 'lint', 'test', 'build', 'e2e'];

await runScript(async () => {
  await ensureInstalled();
  const [npm, args] = npmCommand();
  const results = [];
  for (const gate of gates) {
    say(`${gate} …`);
    const since = performance.now();
    const code = await run(npm, [...args, 'run', '--silent', gate], { cwd: root });
    if (code > 128) return code; // stopped by a signal
    results.push({ gate, isPassed: code === 0, took: seconds(since) });
  }
  for (const { gate, isPassed, took } of results) say(`${isPassed ? 'passed' : 'FAILED'}  ${gate.padEnd(10)} ${took}`);
  const failed = results.filter(({ isPassed }) => !isPassed).length;
  say(failed === 0 ? 'all gates passed' : `${failed} of ${gates.length} gates failed`);
  return failed === 0 ? 0 : 1;
});
