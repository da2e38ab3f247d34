import { ServerStartError } from '../../errors.ts';
import type { ServerRecord, StackShape } from '../../stack/state.ts';
import type { MysqlFlavour } from '../../versions.ts';
import type { NativeServer, Part, Servers } from '../part.ts';
import { parseServerUrls } from '../urls.ts';
import { checkMysql, oneRow, withConnection } from './check.ts';
import { mysqlContainer } from './container.ts';
import { installMysql } from './install.ts';
import { nativeMysql } from './native.ts';
import { inShardOrder } from './part.ts';
import { MYSQL_ADMIN, MYSQL_PASSWORD } from './settings.ts';

const FIRST_SERVER_ID = 2_001;

/** One read-only follower of each shard, by GTID and row-based replication. */
export const replicasPart: Part = {
  name: 'replicas',
  title: (shape) => `replicas (MySQL ${shape.mysqlFlavour})`,
  variable: 'ORDERSHARD_MYSQL_READER_URLS',
  after: ['mysql'],
  advice: ['what the shards need; and the shards must be started by the stack, not given by URL'],
  fromUrl: (value) =>
    parseServerUrls('ORDERSHARD_MYSQL_READER_URLS', value, ['mysql:'], 3306).map(
      ({ host, port, url }, shard) => {
        return {
          id: `replica-${shard}`,
          part: 'replicas',
          way: 'url',
          version: '',
          host,
          ports: { main: port },
          url,
        };
      },
    ),
  native: async (context, shape, servers) => {
    requireOwnShards(servers);
    const install = await installMysql(context, shape.mysqlFlavour);
    return replicaIds(shape).map((id, shard): NativeServer =>
      nativeMysql(context, install, id, 'replica', FIRST_SERVER_ID + shard),
    );
  },
  containers: (_context, shape, servers) => {
    requireOwnShards(servers);
    return Promise.resolve(
      replicaIds(shape).map((id, shard) => mysqlContainer(shape, id, 'replica', FIRST_SERVER_ID + shard)),
    );
  },
  check: checkReplica,
  makeReady: follow,
  env: (records) => ({ ORDERSHARD_MYSQL_READER_URLS: inShardOrder(records) }),
};

function replicaIds(shape: StackShape): string[] {
  return Array.from({ length: shape.shards }, (_, shard) => `replica-${shard}`);
}

function requireOwnShards(servers: Servers): void {
  if (servers['mysql-0']?.adminUrl === undefined)
    throw new ServerStartError('the shards are not servers of this stack');
}

/** Throws unless the replica answers and both of its threads run. */
async function checkReplica(record: ServerRecord): Promise<void> {
  await checkMysql(record);
  if (record.adminUrl === undefined) return;
  await withConnection(record.adminUrl, async (connection) => {
    const [rows] = await connection
      .query('SHOW SLAVE STATUS')
      .catch(async () => connection.query('SHOW REPLICA STATUS'));
    const status = (rows as Record<string, unknown>[])[0] ?? {};
    const threads = ['IO', 'SQL'].map(
      (thread) => status[`Replica_${thread}_Running`] ?? status[`Slave_${thread}_Running`],
    );
    if (threads.every((state) => state === 'Yes')) return;
    const why = [status['Last_IO_Error'], status['Last_SQL_Error']].filter(Boolean).join('; ');
    throw new ServerStartError(`${record.id} does not follow: ${why || threads.join('/')}`);
  });
}

/** Points a fresh replica at its shard, or one whose shard has moved to another port, and waits until it follows. */
async function follow(record: ServerRecord, servers: Servers): Promise<void> {
  await checkMysql(record);
  const source = servers[record.id.replace('replica', 'mysql')];
  const port = source?.ports['main'] ?? 0;
  await withConnection(record.adminUrl ?? '', async (connection) => {
    const { version } = await oneRow(connection, 'SELECT VERSION() AS version');
    const flavour: MysqlFlavour = /mariadb/i.test(version)
      ? 'mariadb'
      : version.startsWith('8.0')
        ? '8.0'
        : '9';
    const words = WORDS[flavour];
    const [rows] = await connection.query(`SHOW ${words.replica} STATUS`);
    const status = (rows as Record<string, unknown>[])[0];
    await connection.query(`SET GLOBAL ${flavour === 'mariadb' ? 'read_only' : 'super_read_only'} = ON`);
    const follows = status?.['Source_Port'] ?? status?.['Master_Port'];
    if (Number(follows) === port) return;
    await connection.query(`STOP ${words.replica}`);
    await connection.query(changeSource(flavour, port));
    await connection.query(`START ${words.replica}`);
  });
  await checkReplica(record);
}

const WORDS: Readonly<
  Record<MysqlFlavour, { replica: string; change: string; source: string; tail: string }>
> = {
  '9': {
    replica: 'REPLICA',
    change: 'CHANGE REPLICATION SOURCE TO',
    source: 'SOURCE',
    tail: 'SOURCE_AUTO_POSITION=1, GET_SOURCE_PUBLIC_KEY=1',
  },
  '8.0': {
    replica: 'SLAVE',
    change: 'CHANGE MASTER TO',
    source: 'MASTER',
    tail: 'MASTER_AUTO_POSITION=1, GET_MASTER_PUBLIC_KEY=1',
  },
  mariadb: {
    replica: 'SLAVE',
    change: 'CHANGE MASTER TO',
    source: 'MASTER',
    tail: 'MASTER_USE_GTID=slave_pos',
  },
};

/** The statement that points a replica at 127.0.0.1 and a port, from the source's first transaction on. */
function changeSource(flavour: MysqlFlavour, port: number): string {
  const { change, source, tail } = WORDS[flavour];
  const at = `${source}_HOST='127.0.0.1', ${source}_PORT=${port}`;
  const as = `${source}_USER='${MYSQL_ADMIN}', ${source}_PASSWORD='${MYSQL_PASSWORD}'`;
  return `${change} ${at}, ${as}, ${source}_CONNECT_RETRY=1, ${tail}`;
}
