// Tabs of one browser share the session: what one of them does, it tells the others. Never a token.
export type TabMessage = { event: 'signed-out' } | { event: 'signed-in'; userId: string };

export interface Tabs {
  tell(message: TabMessage): void;
  listen(heard: (message: TabMessage) => void): void;
}

function isTabMessage(data: unknown): data is TabMessage {
  if (typeof data !== 'object' || data === null || !('event' in data)) return false;
  return (
    data.event === 'signed-out' || (data.event === 'signed-in' && 'userId' in data && typeof data.userId === 'string')
  );
}

/** Where the browser has no channel (or a setting forbids it) tabs find out when they next ask the server. */
export function openTabs(open: () => BroadcastChannel): Tabs {
  let channel: BroadcastChannel | undefined;
  try {
    channel = open();
  } catch {
    channel = undefined;
  }
  return {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a channel never leaves its origin and takes no target
    tell: (message) => channel?.postMessage(message),
    listen: (heard) => {
      channel?.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
        if (isTabMessage(data)) heard(data);
      });
    },
  };
}
