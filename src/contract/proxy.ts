// Whether clients' addresses reach the server: what it noticed, and what to change.
import * as z from 'zod/mini';
import { defineEndpoint } from './endpoint.ts';

export const remedy = z.object({
  for: z.enum(['gatehouse', 'compose', 'nginx', 'caddy', 'traefik']),
  /** To be copied as it is. */
  line: z.string(),
  /** Where it belongs, and on which condition. */
  where: z.string(),
});

export type Remedy = z.output<typeof remedy>;

const proxyFinding = z
  .object({
    kind: z.enum(['untrusted-forwarder', 'shared-client']),
    peer: z.string(),
    requests: z.int(),
    ofRequests: z.int(),
    users: z.optional(z.int()),
    detail: z.string(),
    remedies: z.array(remedy),
  })
  .register(z.globalRegistry, { id: 'ProxyFinding' });

export type ProxyFinding = z.output<typeof proxyFinding>;

const proxyFindings = z
  .object({
    trustedProxies: z.array(z.string()),
    observedMinutes: z.int(),
    requests: z.int(),
    findings: z.array(proxyFinding),
  })
  .register(z.globalRegistry, { id: 'ProxyFindings' });

export type ProxyFindings = z.output<typeof proxyFindings>;

export const listProxyFindings = defineEndpoint({
  name: 'listProxyFindings',
  method: 'GET',
  path: '/api/proxy-findings',
  tag: 'Operation',
  summary: 'Is the client’s address right',
  description:
    'What the answering server noticed in the last 10 to 20 minutes: forwarding headers from a peer that is not in `TRUSTED_PROXIES`, and users who share one private address. Each finding has the lines that mend it.',
  access: { permission: 'settings:read' },
  quota: 'general',
  answers: { 200: proxyFindings },
  problems: [],
});

export const proxyEndpoints = [listProxyFindings] as const;
