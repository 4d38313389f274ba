/** Connections that seem to come from any address: a proxy in the same network, a stranger. */
import { exchange } from './raw-http.ts';
import type { RawAnswer } from './raw-http.ts';
import type { TestApplication } from './start-application.ts';
import { startListener } from './start-listener.ts';

export interface Peer {
  /** One request on a connection of its own. */
  ask(line: string, fields?: readonly string[]): Promise<RawAnswer>;
}

/** Closed after the test. */
export async function connectFrom(app: TestApplication, address: string): Promise<Peer> {
  const { url, server } = await startListener(app.handler);
  server.prependListener('connection', (socket) => Object.defineProperty(socket, 'remoteAddress', { value: address }));
  return { ask: (line, fields = []) => exchange({ url, config: app.config }, line, fields) };
}
