import type { PoolConnection } from 'mysql2';
import { isConnectionSpent } from './mysql-errors.ts';
import { isAsItCame, isBusy, isHandlingPacket } from './server-status.ts';

/**
 * Gives a connection back to its pool if it is as it came: no statement is under way, the server's last answer shows no open
 * transaction, and nothing was sent that may have changed the session. Otherwise it destroys the connection, and the server
 * rolls back what was open. A new connection costs some milliseconds; an unknown state of a session costs another caller its
 * isolation.
 *
 * @param failure the error of the last work on it, if the connection may have caused it
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
