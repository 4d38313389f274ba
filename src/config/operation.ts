// What is logged, and how the server stops.
import { z } from 'zod';
import { defineSection, variable, wholeNumber } from './section.ts';

const levels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

export interface OperationConfig {
  readonly logLevel: (typeof levels)[number];
  readonly drainDelaySeconds: number;
  readonly drainSeconds: number;
}

export const operation = defineSection({
  variables: {
    LOG_LEVEL: variable(z.enum(levels, 'must be fatal, error, warn, info, debug, trace or silent').prefault('info'), {
      description: 'Minimum log level: `fatal`, `error`, `warn`, `info`, `debug`, `trace` or `silent`.',
    }),
    DRAIN_DELAY_SECONDS: variable(wholeNumber(0, 60).prefault('0'), {
      description: 'On SIGTERM, how long to be “not ready” before connections are closed, so that a proxy can notice.',
    }),
    DRAIN_SECONDS: variable(wholeNumber(1, 300).prefault('30'), {
      description: 'On SIGTERM, how long requests in flight may take.',
    }),
  },
  read: (values): OperationConfig => ({
    logLevel: values.LOG_LEVEL,
    drainDelaySeconds: values.DRAIN_DELAY_SECONDS,
    drainSeconds: values.DRAIN_SECONDS,
  }),
});
