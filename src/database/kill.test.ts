import { expect, it, vi } from 'vitest';
import { describeEachDatabase } from '../testing/dialects.ts';
import { startChild } from '../testing/database-child.ts';

describeEachDatabase('a process that is killed while it writes', ({ open, freshUrl }) => {
  it('RE-01 loses no acknowledged write and leaves no half act', async () => {
    const { url } = await freshUrl();
    const acknowledged: string[] = [];
    for (let round = 1; round <= 4; round += 1) {
      const child = startChild('write', url);
      await vi.waitFor(() => expect(child.lines.length).toBeGreaterThan(10 * round), { timeout: 15_000, interval: 1 });
      await child.kill();
      acknowledged.push(...child.lines);
    }
    const database = await open({ url });
    const users = (await database.read.selectFrom('users').select('id').execute()).map(({ id }) => id);
    const events = await database.read.selectFrom('security_events').select('target_id').execute();
    expect(acknowledged.filter((id) => !users.includes(id))).toEqual([]);
    expect(new Set(events.map(({ target_id }) => target_id))).toEqual(new Set(users));
    expect(events).toHaveLength(users.length);
    expect(await database.integrityCheck()).toEqual([]);
  });
});
