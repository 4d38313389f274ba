/** The product's Express app around a few endpoints of the test's own: what every request passes, without features. */
import { createClientAddress } from '../http/client-address.ts';
import { createServer } from '../http/server.ts';
import type { ServerOptions } from '../http/server.ts';
import { createLog } from '../log.ts';
import { startListener } from './start-listener.ts';

export interface TestServer {
  url: string;
  logText(): string;
  logLines(): Record<string, unknown>[];
}

/** Closed after the test. */
export async function startServer(options: Partial<ServerOptions> = {}): Promise<TestServer> {
  const lines: string[] = [];
  const clientAddress = createClientAddress(['loopback']);
  const app = createServer({
    log: createLog({ level: 'debug', destination: { write: (line: string) => void lines.push(line) } }),
    endpoints: (options.routes ?? []).map(({ endpoint }) => endpoint),
    routes: [],
    credentials: [],
    pageLimit: (_request, _response, next) => next(),
    quotas: { count: async () => {}, noteRefusal: () => {} },
    anonymous: { kind: 'anonymous', permissions: new Set() },
    configuredAccess: () => 'public',
    translateError: () => undefined,
    clientAddress,
    observer: { observe: () => {}, observeUser: () => {} },
    publicUrl: 'http://localhost:3000',
    corsOrigins: 'any-localhost',
    strictTransportSecurity: false,
    pagesFolder: '/nowhere',
    assets: [],
    ...options,
  });
  const { url } = await startListener(app);
  return {
    url,
    logText: () => lines.join(''),
    logLines: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>),
  };
}
