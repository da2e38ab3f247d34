import { setTimeout as pause } from 'node:timers/promises';
import type { ServerHandle } from '@ordershard/stack';
import { createConnection } from 'mysql2/promise';

/** A fault that is done to a server, and undone. */
export interface Fault {
  readonly name: 'none' | 'kill' | 'stop';
  strike(server: ServerHandle): Promise<void>;
  /** Resolves to when the server answered again, on the clock of `performance.now()`. */
  mend(server: ServerHandle): Promise<number>;
}

export const FAULTS: readonly Fault[] = [
  {
    // The base line for the others: how much rounds differ by themselves.
    name: 'none',
    strike: () => Promise.resolve(),
    mend: () => Promise.resolve(performance.now()),
  },
  {
    name: 'kill',
    strike: (server) => server.kill('SIGKILL'),
    mend: async (server) => {
      const [answeredAt] = await Promise.all([answered(server), server.restart()]);
      return answeredAt;
    },
  },
  {
    name: 'stop',
    strike: (server) => server.pause(),
    mend: async (server) => {
      const resumedAt = performance.now();
      await server.resume();
      return resumedAt;
    },
  },
];

const ASK_AGAIN_MS = 20;

/** Waits for the first answer of a server to a connection of its own, apart from the router. */
async function answered(server: ServerHandle): Promise<number> {
  for (;;) {
    try {
      const connection = await createConnection({ uri: server.url, connectTimeout: 1_000 });
      await connection.query('SELECT 1');
      const at = performance.now();
      await connection.end();
      return at;
    } catch {
      await pause(ASK_AGAIN_MS);
    }
  }
}
