// Once around all tests: both images, and at the end nothing is left running, whatever happened.
import { build, removeAll, runName } from './docker.ts';

export async function setup(): Promise<void> {
  runName(); // for the processes of the tests too
  const since = performance.now();
  await build();
  process.stderr.write(`built both images in ${((performance.now() - since) / 1000).toFixed(1)} s\n`);
}

export async function teardown(): Promise<void> {
  await removeAll(runName());
}
