import type { ShardSession } from '@ordershard/shard-router';
import { type BinlogSettings, readBinlogSettings, readGrants } from '../sql/read-binlog-settings.ts';
import { ConnectPluginError, ConnectPreflightError } from './errors.ts';
import { DEBEZIUM_MYSQL } from './connector-config.ts';
import type { ConnectWorker } from './worker.ts';

/** @throws ConnectPluginError unless the workers have Debezium's MySQL connector */
export async function checkPlugin(worker: ConnectWorker): Promise<void> {
  if ((await worker.connectorClasses()).includes(DEBEZIUM_MYSQL)) return;
  throw new ConnectPluginError(
    `the Connect workers have no ${DEBEZIUM_MYSQL}: put Debezium's MySQL connector into their plugin.path`,
  );
}

/**
 * @throws ConnectPreflightError unless the session's server and user suit Debezium; the error names everything that is
 * missing
 */
export async function checkServer(session: ShardSession, database: string): Promise<void> {
  const problems = [
    ...settingsProblems(await readBinlogSettings(session)),
    ...grantProblems(await readGrants(session), database),
  ];
  if (problems.length === 0) return;
  throw new ConnectPreflightError(`shard ${session.shard}: ${problems.join('; ')}`);
}

/** Names the settings of a server that Debezium cannot work with. */
export function settingsProblems({ version, logBin, format, rowImage }: BinlogSettings): string[] {
  if (/mariadb/i.test(version)) return [`the server is MariaDB (${version}), the connector is for MySQL`];
  if (!logBin) return ['the binary log is off (log_bin)'];
  return [
    ...(format.toUpperCase() === 'ROW' ? [] : [`binlog_format is ${format} and must be ROW`]),
    ...(rowImage.toUpperCase() === 'FULL' ? [] : [`binlog_row_image is ${rowImage} and must be FULL`]),
  ];
}

/** Names the privileges that Debezium needs and `SHOW GRANTS` does not show. */
export function grantProblems(grants: readonly string[], database: string): string[] {
  const parsed = grants.flatMap((grant) => {
    const match = /^GRANT (.+?) ON (\S+) TO /i.exec(grant);
    if (match === null) return [];
    return [{ names: match[1]!.split(',').map((name) => name.trim().toUpperCase()), on: match[2]! }];
  });
  const has = (privilege: string, applies: (on: string) => boolean) =>
    parsed.some(
      ({ names, on }) => applies(on) && (names.includes('ALL PRIVILEGES') || names.includes(privilege)),
    );
  const anywhere = (on: string) => on === '*.*';
  const onDatabase = (on: string) => anywhere(on) || coversDatabase(on, database);
  const missing = ['REPLICATION SLAVE', 'REPLICATION CLIENT'].filter((name) => !has(name, anywhere));
  if (!has('SELECT', onDatabase)) missing.push(`SELECT on ${database}`);
  if (!has('RELOAD', anywhere) && !has('LOCK TABLES', onDatabase)) {
    missing.push(`RELOAD, or LOCK TABLES on ${database}`);
  }
  return missing.map((name) => `the user lacks ${name}`);
}

/** Whether a grant's `pattern`.* covers a database: `%` and `_` are wildcards unless a backslash stands before them. */
function coversDatabase(on: string, database: string): boolean {
  const pattern = /^`(.+)`\.\*$/.exec(on)?.[1];
  if (pattern === undefined) return false;
  const regex = pattern.replaceAll(/\\([%_])|[.*+?^${}()|[\]\\]|%|_/g, (text, escaped?: string) => {
    if (escaped !== undefined) return escaped;
    if (text === '%') return '.*';
    return text === '_' ? '.' : `\\${text}`;
  });
  return new RegExp(`^${regex}$`).test(database);
}
