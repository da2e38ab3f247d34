import type { Socket } from 'node:net';
import type { Pool } from 'mysql2';
import { RouterClosedError } from '../errors.ts';
import { setTimer } from './time-limits.ts';

/** The parts of the driver's pool and its connections that are read here, including connections that are being opened. */
interface DriverConnection {
  readonly stream: Socket;
  on(event: 'error', listener: () => void): void;
}
interface Connections {
  readonly length: number;
  get(index: number): DriverConnection;
}

/**
 * Ends the connections of a pool. A connection that runs a statement may take up to `withinMs` to finish it. Then it is cut,
 * and the caller that waits for the answer hears that the router was closed. A server that hangs does not hold up the
 * process.
 */
export async function closeDriverPool(driver: Pool, withinMs: number): Promise<void> {
  const { _allConnections: all } = driver as unknown as { readonly _allConnections: Connections };
  const connections = Array.from({ length: all.length }, (_, index) => all.get(index));
  let timer: NodeJS.Timeout | undefined;
  const inTime = await new Promise<boolean>((resolve) => {
    timer = setTimer(() => resolve(false), withinMs);
    driver.end(() => resolve(true));
  });
  clearTimeout(timer);
  for (const connection of connections) {
    if (inTime) {
      connection.stream.destroySoon(); // What was written last says goodbye.
      continue;
    }
    connection.on('error', () => undefined);
    connection.stream.destroy(new RouterClosedError('the router was closed before the server answered'));
  }
}
