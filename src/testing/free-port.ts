import { once } from 'node:events';
import { createServer } from 'node:net';

/** A free port outside of what the system gives to outgoing connections, so that nobody takes it before the process does. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 20_000);
    const server = createServer().listen(port, '127.0.0.1');
    const free = await Promise.race([
      once(server, 'listening').then(() => true),
      once(server, 'error').then(() => false),
    ]);
    server.close();
    if (free) return port;
  }
}
