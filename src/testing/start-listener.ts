/** The product's listener with any handler behind it, on a port of its own. */
import type { RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { createListener } from '../composition/index.ts';
import { createLog } from '../log.ts';

/** Closed after the test. */
export async function startListener(
  handler: RequestListener,
): Promise<{ url: string; server: Server; logLines(): Record<string, unknown>[] }> {
  const lines: string[] = [];
  const log = createLog({ level: 'debug', destination: { write: (line: string) => void lines.push(line) } });
  const server = createListener(handler, log);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    server,
    logLines: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>),
  };
}
