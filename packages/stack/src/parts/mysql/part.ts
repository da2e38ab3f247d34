import { SettingError } from '../../errors.ts';
import type { ServerRecord, StackShape } from '../../stack/state.ts';
import type { InstallContext, NativeServer, Part } from '../part.ts';
import { parseServerUrls } from '../urls.ts';
import { checkMysql } from './check.ts';
import { mysqlContainer } from './container.ts';
import { installMysql } from './install.ts';
import { nativeMysql } from './native.ts';

/** Server ids of the shards; replicas have their own range. */
const FIRST_SERVER_ID = 1_001;

/** The shards: one MySQL server each. */
export const mysqlPart: Part = {
  name: 'mysql',
  title: (shape) => `MySQL ${shape.mysqlFlavour}`,
  variable: 'ORDERSHARD_MYSQL_URLS',
  after: [],
  advice: [
    "for MySQL 9 and MariaDB: Debian's apt (apt-get, dpkg-deb)",
    'for MySQL 8.0 (--mysql 8.0): apt-get install maven',
  ],
  fromUrl: (value) => shardRecords(value),
  native: startNative,
  containers: (_context, shape) =>
    Promise.resolve(
      shardIds(shape).map((id, shard) => mysqlContainer(shape, id, 'shard', FIRST_SERVER_ID + shard)),
    ),
  check: checkMysql,
  env: (records) => ({ ORDERSHARD_MYSQL_URLS: inShardOrder(records) }),
};

async function startNative(context: InstallContext, shape: StackShape): Promise<NativeServer[]> {
  const install = await installMysql(context, shape.mysqlFlavour);
  return shardIds(shape).map((id, shard) =>
    nativeMysql(context, install, id, 'shard', FIRST_SERVER_ID + shard),
  );
}

function shardRecords(value: string): ServerRecord[] {
  const urls = parseServerUrls('ORDERSHARD_MYSQL_URLS', value, ['mysql:'], 3306);
  for (const { url } of urls) {
    if (new URL(url).pathname.length < 2) {
      throw new SettingError(
        `ORDERSHARD_MYSQL_URLS: ${url} names no database (mysql://user:password@host:port/database)`,
      );
    }
  }
  return urls.map(({ host, port, url }, shard) => {
    return { id: `mysql-${shard}`, part: 'mysql', way: 'url', version: '', host, ports: { main: port }, url };
  });
}

export function shardIds(shape: StackShape): string[] {
  return Array.from({ length: shape.shards }, (_, shard) => `mysql-${shard}`);
}

/** URLs by shard id, which is the position in the list. */
export function inShardOrder(records: readonly ServerRecord[]): string {
  return records
    .toSorted((left, right) => shardOf(left) - shardOf(right))
    .map((record) => record.url)
    .join(',');
}

function shardOf(record: ServerRecord): number {
  return Number(/\d+$/.exec(record.id)?.[0] ?? 0);
}
