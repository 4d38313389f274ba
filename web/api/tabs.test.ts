import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { openTabs } from './tabs.ts';
import type { TabMessage } from './tabs.ts';

describe('tabs', () => {
  it('hear what another says, and nothing that is no message of theirs', async () => {
    const name = 'tabs.test';
    const stranger = new BroadcastChannel(name);
    const [first, second] = [new BroadcastChannel(name), new BroadcastChannel(name)];
    const heard: TabMessage[] = [];
    const receives = once(second as unknown as EventTarget, 'message');
    openTabs(() => second).listen((message) => heard.push(message));
    for (const noise of ['signed-out', null, { event: 'other' }, { event: 'signed-in' }])
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a channel never leaves its origin and takes no target
      stranger.postMessage(noise);
    await receives;
    const last = new Promise<void>((resolve) => openTabs(() => second).listen(() => resolve()));
    openTabs(() => first).tell({ event: 'signed-in', userId: 'ada' });
    await last;
    expect(heard).toEqual([{ event: 'signed-in', userId: 'ada' }]);
    for (const channel of [stranger, first, second]) channel.close();
  });

  it('are silent where the browser has no channel', () => {
    const tabs = openTabs(() => {
      throw new DOMException('no', 'SecurityError');
    });
    tabs.listen(() => expect.unreachable());
    expect(() => tabs.tell({ event: 'signed-out' })).not.toThrow();
  });
});
