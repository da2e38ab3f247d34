import type { PoolConnection } from 'mysql2';
import { isConnectionSpent } from './mysql-errors.ts';
import { isAsItCame, isBusy, isHandlingPacket } from './server-status.ts';

/**
 * Gives a connection back to its pool if it is as it came: no statement under way, no transaction open by the server's
 * last word, and nothing sent that may have changed the session. Otherwise destroys it: the server then takes back what
 * was open. A new connection costs some milliseconds; a state that nobody knows of costs another caller its isolation.
 *
 * @param failure what the last work on it failed with, if that may have been the connection
 */
export function giveBack(connection: PoolConnection, failure?: unknown): void {
  if (failure !== undefined && isConnectionSpent(failure)) connection.destroy();
  // From the callback of an answer: the driver takes the command off the connection after it.
  else if (isHandlingPacket(connection)) process.nextTick(giveBackNow, connection);
  else giveBackNow(connection);
}

function giveBackNow(connection: PoolConnection): void {
  if (!isBusy(connection) && isAsItCame(connection)) connection.release();
  else connection.destroy();
}
