import {
  connectShardRouter,
  guard,
  initialiseCluster,
  InvalidValueError,
  migrateShards,
  ROUTER_MIGRATIONS,
  type ShardRouter,
} from '@ordershard/shard-router';
import { type Stack, startStack } from '@ordershard/stack';
import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise';
import type { BenchOptions, BenchResult } from '../benchmark.ts';
import { textTable } from '../measure/table.ts';
import { expected, FUZZ_TABLE, guardOf, insertOf, readBack } from './table.ts';
import { REFUSED, type Value, ValueMaker } from './values.ts';

const VALUES = 1_000_000;
const VALUES_A_UNIT = 16;
const UNITS_AT_ONCE = 128;
const CLUSTER = 'literals';

/** What the server's general log may hold of the writing user, and nothing else. */
const MEANT = [
  // The server's own, then the one that undoes it.
  /^SET NAMES \w+$/,
  /^SET NAMES utf8mb4 COLLATE utf8mb4_bin$/,
  /^SET time_zone = /,
  /^SET SESSION TRANSACTION ISOLATION LEVEL /,
  /^SELECT @@max_allowed_packet AS bytes$/,
  /^CALL ordershard_open_merged\(/,
  /^UPDATE fuzz_guards SET visits = visits \+ 1 WHERE id = 1 AND \d+ = \d+ LIMIT 1$/,
  /^INSERT INTO fuzz_values /,
  /^COMMIT$/,
];

interface Figures {
  readonly charset: string;
  readonly values: number;
  readonly different: number;
  readonly refused: number;
  readonly accepted: number;
  readonly statements: number;
  readonly notMeant: number;
}

/**
 * Sends nasty values through merged writes, on a server whose own mode is NO_BACKSLASH_ESCAPES and that puts each new
 * connection into another character set. Each value must come back equal, or be refused by its type. The server's general log
 * must hold no statement that was not meant.
 */
export async function run({ count = VALUES, progress }: BenchOptions): Promise<BenchResult> {
  const stack = await startStack({ ephemeral: true, parts: ['mysql'], shards: 1, onProgress: progress });
  const url = stack.env['ORDERSHARD_MYSQL_URLS']!;
  const root = await createConnection({
    uri: adminOf(stack, url),
    charset: 'utf8mb4_bin',
    supportBigNumbers: true,
    bigNumberStrings: true,
    dateStrings: true,
  });
  try {
    const user = new URL(url).username;
    await prepare(url, root);
    const charsets = await clientCharsets(root);
    const figures: Figures[] = [];
    for (const [index, charset] of charsets.entries()) {
      progress(`${charset}, ${index + 1} of ${charsets.length}`);
      await root.query(`SET GLOBAL init_connect = 'SET NAMES ${charset}'`);
      figures.push(await fuzz(url, user, root, charset, Math.ceil(count / charsets.length), index));
    }
    const total = (of: (one: Figures) => number) => figures.reduce((sum, one) => sum + of(one), 0);
    return {
      table: textTable(
        ['character set', 'values', 'different', 'refused', 'statements', 'not meant'],
        figures.map((one) => [
          one.charset,
          ...[one.values, one.different, one.refused, one.statements, one.notMeant].map(String),
        ]),
      ),
      json: {
        values: total((one) => one.values),
        different: total((one) => one.different),
        refused: total((one) => one.refused),
        acceptedThatHaveNoLiteral: total((one) => one.accepted),
        statements: total((one) => one.statements),
        notMeant: total((one) => one.notMeant),
        charsets: charsets.length,
      },
    };
  } finally {
    await root.end();
    await stack.stop();
  }
}

/** The same database, by the user whose privileges let init_connect be passed over, which the other has not. */
function adminOf(stack: Stack, url: string): string {
  const admin = new URL(stack.part('mysql-0').adminUrl!);
  admin.pathname = new URL(url).pathname;
  return admin.href;
}

async function prepare(url: string, root: Connection): Promise<void> {
  const shards = [{ id: 0, writer: url }];
  await migrateShards(shards, [ROUTER_MIGRATIONS]);
  await initialiseCluster({ clusterId: CLUSTER, shards });
  await root.query(FUZZ_TABLE);
  await root.query('CREATE TABLE fuzz_guards (id INT NOT NULL PRIMARY KEY, visits INT UNSIGNED NOT NULL)');
  await root.query('INSERT INTO fuzz_guards VALUES (1, 0)');
  await root.query("SET GLOBAL log_output = 'TABLE'");
  await root.query(
    "SET GLOBAL sql_mode = 'STRICT_TRANS_TABLES,NO_BACKSLASH_ESCAPES', GLOBAL explicit_defaults_for_timestamp = ON",
  );
}

/** The character sets that a client can speak in. */
async function clientCharsets(root: Connection): Promise<string[]> {
  const [rows] = await root.query<RowDataPacket[]>('SHOW CHARACTER SET');
  const wide = new Set(['ucs2', 'utf16', 'utf16le', 'utf32']);
  return rows.map((row) => String(row['Charset'])).filter((charset) => !wide.has(charset));
}

async function fuzz(
  url: string,
  user: string,
  root: Connection,
  charset: string,
  count: number,
  seed: number,
): Promise<Figures> {
  const router = await connectShardRouter({
    clusterId: CLUSTER,
    shards: [{ id: 0, writer: url }],
  });
  try {
    await root.query('TRUNCATE mysql.general_log');
    const maker = new ValueMaker(seed);
    let [values, different, statements, notMeant] = [0, 0, 0, 0];
    while (values < count) {
      const sent = await send(router, maker, root);
      const found = await readBack(root);
      for (const [place, text] of sent) if (found.get(place) !== text) different += 1;
      different += found.size - sent.size;
      values += sent.size;
      const logged = await readLog(root, user);
      statements += logged.statements;
      notMeant += logged.notMeant;
      await root.query('TRUNCATE fuzz_values');
    }
    const { refused, accepted } = await refusals(router);
    return { charset, values, different, refused, accepted, statements, notMeant };
  } finally {
    await router.close();
  }
}

/** Writes many units at once, every fourth of them guarded; returns what must be found. */
async function send(
  router: ShardRouter,
  maker: ValueMaker,
  root: Connection,
): Promise<ReadonlyMap<string, string>> {
  const units = Array.from({ length: UNITS_AT_ONCE * 4 }, () => ({
    number: router.drawNumber(),
    values: Array.from({ length: VALUES_A_UNIT }, () => maker.make()),
  }));
  // Without those that lease and probe, nothing of the user but merged writes is in the log.
  await root.query('SET GLOBAL general_log = ON');
  await Promise.all(
    units.map(({ number, values }, index) =>
      router.write({ number }, (scope) => ({
        statements:
          index % 4 === 0
            ? [guard(guardOf(number)), insertOf(number, values, scope)]
            : [insertOf(number, values, scope)],
      })),
    ),
  );
  await root.query('SET GLOBAL general_log = OFF');
  return new Map(
    units.flatMap(({ number, values }) =>
      values.map((value: Value, place) => [`${number}-${place}`, expected(value)] as const),
    ),
  );
}

/** Reads and empties the log of the user's statements. */
async function readLog(root: Connection, user: string): Promise<{ statements: number; notMeant: number }> {
  const [rows] = await root.query<RowDataPacket[]>(
    `SELECT CONVERT(argument USING utf8mb4) AS text FROM mysql.general_log
      WHERE command_type = 'Query' AND user_host LIKE ?`,
    [`${user}[%`],
  );
  await root.query('TRUNCATE mysql.general_log');
  const texts = rows.map((row) => String(row['text']).trim().replace(/;$/, ''));
  const notMeant = texts.filter((text) => !MEANT.some((meant) => meant.test(text)));
  return { statements: texts.length, notMeant: notMeant.length };
}

async function refusals(router: ShardRouter): Promise<{ refused: number; accepted: number }> {
  let refused = 0;
  for (const value of REFUSED) {
    const number = router.drawNumber();
    const writing = router.write({ number }, (scope) => ({
      statements: [insertOf(number, [value as Value], scope)],
    }));
    try {
      await writing;
    } catch (error) {
      if (!(error instanceof InvalidValueError)) throw error;
      refused += 1;
    }
  }
  return { refused, accepted: REFUSED.length - refused };
}
