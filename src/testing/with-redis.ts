// For tests of servers that count in Redis.
import type { Answer } from './personas.ts';
import { hasRedis } from './redis.ts';
import { describeEachApplication } from './start-application.ts';
import { until } from './until.ts';

/** `describeEachApplication` where there is Redis. */
export const describeEachWithRedis: typeof describeEachApplication = (...args) => {
  if (hasRedis) describeEachApplication(...args);
};

type Ask = (address: string) => Promise<Answer>;

/** Waits until two servers that let one request of an address pass count together: each round is a new address, at both. */
export async function untilShared(askOne: Ask, askOther: Ask): Promise<void> {
  let round = 0;
  await until(async () => {
    round += 1;
    const address = `198.51.${Math.floor(round / 250)}.${round % 250}`;
    await askOne(address);
    return (await askOther(address)).status === 429;
  });
}
