/** A TCP proxy before a PostgreSQL or a Redis that can fail in the ways a network and a server do. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

export async function proxyBefore(target: string) {
  const { hostname, port } = new URL(target);
  const pairs = new Set<[Socket, Socket]>();
  let frozen = false;

  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    const pair: [Socket, Socket] = [near, far];
    pairs.add(pair);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.on('data', (chunk) => to.write(chunk));
      from.on('error', () => undefined);
      from.on('close', () => {
        to.destroy();
        pairs.delete(pair);
      });
      if (frozen) from.pause();
    }
  });

  async function listenAt(at: number): Promise<number> {
    server.listen(at, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  }

  function cut(): void {
    for (const pair of pairs) for (const socket of pair) socket.destroy();
  }

  const own = await listenAt(0);
  onTestFinished(() => {
    cut();
    server.close();
  });
  return {
    url: Object.assign(new URL(target), { host: `127.0.0.1:${own}` }).href,
    /** Connections break, new ones are refused. */
    async down(): Promise<void> {
      const closed = once(server, 'close');
      server.close();
      cut();
      await closed;
    },
    up: () => listenAt(own),
    /** Connections stand and are accepted, but no byte passes. */
    freeze(): void {
      frozen = true;
      for (const pair of pairs) for (const socket of pair) socket.pause();
    },
    /** The connections there are stand, and no byte passes on them any more; new ones work. */
    abandon(): void {
      for (const pair of pairs) for (const socket of pair) socket.pause();
    },
    thaw(): void {
      frozen = false;
      for (const pair of pairs) for (const socket of pair) socket.resume();
    },
  };
}
