import type { StackShape } from '../../stack/state.ts';
import { versions } from '../../versions.ts';
import type { ContainerServer } from '../part.ts';
import { initialiseSql, MYSQL_PASSWORD, mysqldOptions, mysqlUrls, type MysqlRole } from './settings.ts';

/**
 * A MySQL server from the official images' interface: options of mysqld as the command, and SQL in
 * `/docker-entrypoint-initdb.d` that is run once. A replica is made read-only when it has begun to follow, since that
 * SQL could not run otherwise; it shares the host's network, to reach its shard at 127.0.0.1.
 */
export function mysqlContainer(
  shape: StackShape,
  id: string,
  role: MysqlRole,
  serverId: number,
): ContainerServer {
  const { image, version } = versions.mysql[shape.mysqlFlavour];
  const options = mysqldOptions(shape.mysqlFlavour, 'shard', serverId);
  const replica = role === 'replica';
  return {
    id,
    image,
    imageSetting: 'MYSQL',
    version,
    portNames: ['main'],
    inside: replica ? {} : { main: 3306 },
    hostNetwork: replica,
    command: ({ ports }) =>
      replica
        ? [...options, '--relay-log=relay', '--bind-address=127.0.0.1', `--port=${ports['main']}`]
        : [...options, '--port=3306'],
    environment: () => ({ MYSQL_ROOT_PASSWORD: MYSQL_PASSWORD, MARIADB_ROOT_PASSWORD: MYSQL_PASSWORD }),
    files: () => [
      { target: '/docker-entrypoint-initdb.d/ordershard.sql', content: initialiseSql(), mode: 0o644 },
    ],
    describe: ({ ports }) => mysqlUrls(ports['main'] ?? 0),
  };
}
