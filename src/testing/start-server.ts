/** The product's Express app around a few endpoints of the test's own: what every request passes, without features. */
import { createClientAddress } from '../http/client-address.ts';
import type { CredentialReader } from '../http/credential.ts';
import { createGate } from '../http/gate.ts';
import { createServer } from '../http/server.ts';
import type { ServerOptions } from '../http/server.ts';
import { createLog } from '../log.ts';
import { startListener } from './start-listener.ts';

export interface TestServer {
  url: string;
  logText(): string;
  logLines(): Record<string, unknown>[];
}

interface Options extends Partial<ServerOptions> {
  /** Readers of the gate, which counts nothing. */
  credentials?: readonly CredentialReader[];
}

/** Closed after the test. */
export async function startServer({ credentials = [], ...options }: Options = {}): Promise<TestServer> {
  const lines: string[] = [];
  const clientAddress = createClientAddress(['loopback']);
  const app = createServer({
    log: createLog({ level: 'debug', destination: { write: (line: string) => void lines.push(line) } }),
    endpoints: (options.routes ?? []).map(({ endpoint }) => endpoint),
    routes: [],
    gate: createGate({
      credentials,
      quotas: { count: () => undefined },
      anonymous: { kind: 'anonymous', permissions: new Set() },
    }),
    pageLimit: (_request, _response, next) => next(),
    quotas: { count: async () => {}, noteRefusal: () => {} },
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
