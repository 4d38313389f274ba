import { describe, expect, it } from 'vitest';
import { createExclusive } from './exclusive.ts';

/** As a browser's: one holder of a name at a time. */
function fakeLocks(): LockManager {
  let last: Promise<unknown> = Promise.resolve();
  return {
    request: (_name: string, _options: unknown, act: () => Promise<unknown>) => {
      const run = last.then(act);
      last = run.catch(() => undefined);
      return run;
    },
  } as unknown as LockManager;
}

describe('one act at a time', () => {
  it('over all tabs, where the browser has locks', async () => {
    const locks = fakeLocks();
    const [first, second] = [createExclusive(locks), createExclusive(locks)];
    const order: string[] = [];
    const act = (name: string) => async () => {
      order.push(`${name} begins`);
      await Promise.resolve();
      order.push(`${name} ends`);
    };
    await Promise.all([first(act('first')), second(act('second'))]);
    expect(order).toEqual(['first begins', 'first ends', 'second begins', 'second ends']);
  });

  it('runs the act once and gives its own error, not another try', async () => {
    let runs = 0;
    const fail = async () => {
      runs += 1;
      throw new Error('its own');
    };
    await expect(createExclusive(fakeLocks())(fail)).rejects.toThrow('its own');
    expect(runs).toBe(1);
  });

  it('goes on without a lock where there is none, or where it cannot be had', async () => {
    const refusing = {
      request: () => Promise.reject(new DOMException('no', 'SecurityError')),
    } as unknown as LockManager;
    for (const locks of [undefined, refusing]) expect(await createExclusive(locks)(async () => 'done')).toBe('done');
  });
});
