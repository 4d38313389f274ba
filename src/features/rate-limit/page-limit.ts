// What quotas do not count is counted by its address alone, in one window: pages, their files, the API reference, readiness.
import type { Request, RequestHandler, Response } from 'express';
import { rateLimit } from 'express-rate-limit';
import type { AugmentedRequest, Store } from 'express-rate-limit';
import { getReadiness } from '#contract/health.ts';
import type { ClientAddress } from '../../http/client-address.ts';
import { contextOf } from '../../http/context.ts';
import { policyField, quotaItem } from './header-fields.ts';
import { windowsOfPolicies } from './judgement.ts';
import type { Judge } from './judgement.ts';
import type { KeyOf } from './partition-key.ts';
import type { Policy } from './policies.ts';

interface Parts {
  /** Undefined where it is off. */
  policy: Policy | undefined;
  store: (policy: Policy) => Store;
  keyOf: KeyOf;
  judge: Judge;
  clientAddress: Pick<ClientAddress, 'isForItself'>;
  warn: (event: Record<string, unknown>, message: string) => void;
  now: () => number;
}

/** A browser shows the problem as it is to a person who wanted a page. */
const adviseVisitor = (seconds: number): string =>
  `This address has asked for more pages and files than it may. Load the page again in ${seconds} ${seconds === 1 ? 'second' : 'seconds'}.`;

const notCounted: RequestHandler = (_request, _response, next) => next();

export function createPageLimit({ policy, store, keyOf, judge, clientAddress, warn, now }: Parts): RequestHandler {
  const quota = policy?.quotas[0];
  if (policy === undefined || quota === undefined) return notCounted;
  const windows = { enforced: windowsOfPolicies([policy]), rehearsed: [], advise: adviseVisitor };
  const field = policyField([quota]);

  /** Says what the limiter has found, where it has counted. @throws Problem `quota-exceeded` */
  function settle(request: Request, response: Response): void {
    const { rateLimit: found } = request as Partial<AugmentedRequest>;
    if (found === undefined) return;
    const count = { used: found.used, resetAt: found.resetTime?.getTime() ?? now() };
    response.setHeader('RateLimit-Policy', field);
    response.setHeader('RateLimit', quotaItem(quota as NonNullable<typeof quota>, count, now()));
    const { address } = contextOf(response);
    judge({ values: { address }, keys: { address: found.key } }, windows, { enforced: [count], rehearsed: [] });
  }

  const limiter = rateLimit({
    windowMs: quota.windowSeconds * 1000,
    limit: quota.limit,
    store: store(policy),
    keyGenerator: (_request, response) => keyOf('address', contextOf(response).address),
    // Whoever runs this server, and whoever passes requests on to it, must never be told that they ask too often.
    skip: (request, response) => contextOf(response).path === getReadiness.path && clientAddress.isForItself(request),
    // `settle` writes them as those of quotas are: with a policy that is the same for everybody, and by the clock of this server.
    standardHeaders: false,
    legacyHeaders: false,
    handler(request, response, next) {
      contextOf(response).route ??= 'page'; // as it would have been, had it come so far
      settle(request, response);
      next();
    },
    logger: {
      warn: (reason) => warn({ reason: String(reason) }, 'the limit of pages is misused'),
      error: (reason) => warn({ reason: String(reason) }, 'the limit of pages is misused'),
    },
  });
  return (request, response, next) =>
    limiter(request, response, (error?: unknown) => {
      if (error === undefined) settle(request, response);
      next(error);
    });
}
