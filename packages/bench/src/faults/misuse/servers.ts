import { type MysqlFlavour, startStack } from '@ordershard/stack';
import { withoutUsersServers } from '../../own-servers.ts';

const SHARDS = 3;

/** MySQL servers of a run. */
export interface Servers {
  /** Position = shard id. */
  readonly urls: readonly string[];
  end(): Promise<void>;
}

/** Starts servers, which end with this process. */
export async function startServers(
  mysql: MysqlFlavour | undefined,
  progress: (message: string) => void,
): Promise<Servers> {
  const stack = await startStack({
    ephemeral: true,
    env: withoutUsersServers(),
    parts: ['mysql'],
    shards: SHARDS,
    ...(mysql === undefined ? {} : { mysqlFlavour: mysql }),
    onProgress: progress,
  });
  return { urls: stack.env['ORDERSHARD_MYSQL_URLS']!.split(','), end: () => stack.stop() };
}
