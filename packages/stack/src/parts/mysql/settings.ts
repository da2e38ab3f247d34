import { upstreamOf, type MysqlFlavour } from '../../versions.ts';

export const MYSQL_DATABASE = 'ordershard';
/** Development servers listen on 127.0.0.1 only; their names and passwords are no secret. */
export const MYSQL_USER = 'ordershard';
export const MYSQL_ADMIN = 'ordershard_admin';
export const MYSQL_PASSWORD = 'ordershard';

/** Whether a server takes part as a shard's writer or follows one. */
export type MysqlRole = 'shard' | 'replica';

/**
 * The options of mysqld that every way shares: durable commits, row-based binary log with GTIDs, UTF-8, UTC, and a
 * small footprint. Paths and addresses are the way's own.
 */
export function mysqldOptions(flavour: MysqlFlavour, role: MysqlRole, serverId: number): string[] {
  return [
    `--server-id=${serverId}`,
    '--log-bin=binlog',
    '--binlog-format=ROW',
    '--sync-binlog=1',
    '--max-binlog-size=64M',
    '--binlog-expire-logs-seconds=3600',
    '--log-bin-trust-function-creators=1',
    '--innodb-flush-log-at-trx-commit=1',
    '--innodb-buffer-pool-size=256M',
    '--max-connections=500',
    '--performance-schema=OFF',
    '--character-set-server=utf8mb4',
    '--default-time-zone=+00:00',
    '--skip-name-resolve',
    ...flavourOptions(flavour),
    ...(role === 'replica' ? replicaOptions(flavour) : []),
  ];
}

function flavourOptions(flavour: MysqlFlavour): string[] {
  if (flavour === 'mariadb') return ['--innodb-log-file-size=96M', '--log-slave-updates'];
  const gtid = ['--gtid-mode=ON', '--enforce-gtid-consistency=ON', '--mysqlx=OFF'];
  return [...gtid, flavour === '9' ? '--innodb-redo-log-capacity=256M' : '--innodb-log-file-size=64M'];
}

function replicaOptions(flavour: MysqlFlavour): string[] {
  return ['--relay-log=relay', flavour === 'mariadb' ? '--read-only' : '--super-read-only'];
}

/** The options that size the files which an empty data folder is made with; they must not differ later. */
export function initialiseOptions(flavour: MysqlFlavour): string[] {
  if (flavour === 'mariadb') return ['--innodb-log-file-size=96M', '--innodb-buffer-pool-size=64M'];
  return flavour === '9'
    ? ['--innodb-redo-log-capacity=16M', '--innodb-buffer-pool-size=128M']
    : ['--innodb-log-file-size=64M', '--innodb-buffer-pool-size=128M'];
}

/**
 * Makes the database and the two users: one with the rights that Ordershard needs in production, one with all
 * rights for faults and replication. One statement a line, as `--init-file` wants it.
 */
export function initialiseSql(): string {
  return [
    `CREATE DATABASE IF NOT EXISTS ${MYSQL_DATABASE};`,
    `CREATE USER IF NOT EXISTS '${MYSQL_USER}'@'%' IDENTIFIED BY '${MYSQL_PASSWORD}';`,
    `GRANT ALL PRIVILEGES ON \`${MYSQL_DATABASE}%\`.* TO '${MYSQL_USER}'@'%';`,
    `GRANT PROCESS, RELOAD, REPLICATION CLIENT, REPLICATION SLAVE ON *.* TO '${MYSQL_USER}'@'%';`,
    `CREATE USER IF NOT EXISTS '${MYSQL_ADMIN}'@'%' IDENTIFIED BY '${MYSQL_PASSWORD}';`,
    `GRANT ALL PRIVILEGES ON *.* TO '${MYSQL_ADMIN}'@'%' WITH GRANT OPTION;`,
    '',
  ].join('\n');
}

/** The two URLs of a server that the stack started. */
export function mysqlUrls(port: number): { url: string; adminUrl: string } {
  const at = `${MYSQL_PASSWORD}@127.0.0.1:${port}/${MYSQL_DATABASE}`;
  return { url: `mysql://${MYSQL_USER}:${at}`, adminUrl: `mysql://${MYSQL_ADMIN}:${at}` };
}

/** The shortest true name of a version: `1:10.11.19-0+deb12u1` is `10.11.19`. */
export const shownVersion = upstreamOf;
