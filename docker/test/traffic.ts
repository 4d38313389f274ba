import { Agent } from 'node:http';
import { send } from './http.ts';
import type { Answer, Sending } from './http.ts';

export interface Traffic {
  /** How many requests have been answered so far. */
  answered(): number;
  /** @returns what went wrong, a line each */
  stop(): Promise<string[]>;
}

/** Keeps asking on `lanes` lanes, half of them on connections that are kept, half on a new one for each request. */
export function startTraffic(port: number, lines: readonly string[], lanes = 6): Traffic {
  const failures: string[] = [];
  let answered = 0;
  let isRunning = true;

  /**
   * A kept connection may be closed by the other side in the very moment it is used again. Each client library asks again then,
   * and Node says when: on a connection that was used before, without a byte of an answer.
   */
  async function ask(line: string, sending: Sending): Promise<Answer> {
    try {
      return await send(port, line, sending);
    } catch (error) {
      const { code, reused } = error as { code?: string; reused?: boolean };
      if (reused !== true || code !== 'ECONNRESET') throw error;
      return send(port, line, { ...sending, agent: new Agent() });
    }
  }

  async function drive(lane: number): Promise<void> {
    const agent = lane % 2 === 0 ? new Agent({ keepAlive: true, maxSockets: 1 }) : undefined;
    for (let turn = lane; isRunning; turn += 1) {
      const line = lines[turn % lines.length] ?? '';
      const body = line.startsWith('POST') ? '{}' : '';
      try {
        const answer = await ask(line, { body, ...(agent && { agent }) });
        if (answer.status !== 200) failures.push(`${line}: ${answer.status} ${answer.text.slice(0, 200)}`);
      } catch (error) {
        failures.push(`${line}: ${String(error)}`);
      }
      answered += 1;
    }
    agent?.destroy();
  }

  const all = Promise.all(Array.from({ length: lanes }, (_, lane) => drive(lane)));
  return {
    answered: () => answered,
    stop: async () => {
      isRunning = false;
      await all;
      return failures;
    },
  };
}
