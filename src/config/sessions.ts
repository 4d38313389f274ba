// How long tokens and sessions live.
import { defineSection, variable, wholeNumber } from './section.ts';

export interface SessionsConfig {
  readonly accessTokenSeconds: number;
  readonly sessionIdleSeconds: number;
  readonly sessionAbsoluteSeconds: number;
}

const DAY_SECONDS = 24 * 60 * 60;

export const sessions = defineSection({
  variables: {
    ACCESS_TOKEN_SECONDS: variable(wholeNumber(1, 900).prefault('300'), {
      description: 'Life of an access token. Revocation does not wait for it.',
    }),
    SESSION_IDLE_SECONDS: variable(wholeNumber(60, 30 * DAY_SECONDS).prefault(String(7 * DAY_SECONDS)), {
      description: 'A session that is not renewed for so long ends.',
    }),
    SESSION_ABSOLUTE_SECONDS: variable(wholeNumber(60, 30 * DAY_SECONDS).prefault(String(30 * DAY_SECONDS)), {
      description: 'A session ends so long after its sign-in, whatever happens.',
    }),
  },
  read(values, report): SessionsConfig {
    const { SESSION_IDLE_SECONDS: idle, SESSION_ABSOLUTE_SECONDS: absolute } = values;
    if (idle > absolute)
      report(`SESSION_IDLE_SECONDS (${idle}) is longer than SESSION_ABSOLUTE_SECONDS (${absolute}): lower it too.`);
    return {
      accessTokenSeconds: values.ACCESS_TOKEN_SECONDS,
      sessionIdleSeconds: idle,
      sessionAbsoluteSeconds: absolute,
    };
  },
});
