// A part of the composition root: who a request comes from, and whether that can be right.
import type { Config } from './config.ts';
import { createProxyDoctor } from './features/proxy-doctor/index.ts';
import { createClientAddress } from './http/client-address.ts';
import { createProxyObservations } from './http/proxy-observations.ts';
import type { Logger } from './log.ts';

interface Parts {
  config: Config;
  log: Logger;
  now: () => number;
}

export function createProxies({ config, log, now }: Parts) {
  const clientAddress = createClientAddress(config.trustedProxies);
  const observations = createProxyObservations({ clientAddress, now });
  const doctor = createProxyDoctor({
    observations,
    settings: config,
    warn: (fields, message) => log.warn(fields, message),
  });
  return { clientAddress, observations, doctor };
}
