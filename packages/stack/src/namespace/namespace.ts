import { drawNames, withDatabase } from './names.ts';
import { createDatabases, dropDatabases } from './mysql.ts';
import { deletePrefixed } from './kafka.ts';
import { withMongo } from '../parts/mongodb/check.ts';

type Env = Record<string, string>;
type Environment = Readonly<Record<string, string | undefined>>;

/** Names of its own on shared servers. */
export interface Namespace {
  /** The variables to run the project's processes with. */
  readonly env: Env;
  /** Removes the databases, topics and consumer groups. Call it when nothing uses them any more. */
  drop(): Promise<void>;
}

/**
 * A fresh database on every shard, a topic prefix and a MongoDB database, so that tests and demos on shared servers
 * never meet. Only the kinds of servers that the env names are touched.
 *
 * @param from a stack, or the variables of one
 * @param label for people: it shows in the names
 */
export async function createNamespace(
  from: { readonly env: Environment } | Environment,
  label = 'test',
): Promise<Namespace> {
  const base = definedOnly(isStack(from) ? from.env : from);
  const names = drawNames(label);
  const env: Env = {
    ...base,
    ORDERSHARD_TOPIC_PREFIX: `${base['ORDERSHARD_TOPIC_PREFIX'] ?? ''}${names.topicPrefix}`,
  };
  const shards = urlsOf(base['ORDERSHARD_MYSQL_URLS']);
  for (const variable of ['ORDERSHARD_MYSQL_URLS', 'ORDERSHARD_MYSQL_READER_URLS']) {
    const urls = urlsOf(base[variable]);
    if (urls.length > 0) env[variable] = urls.map((url) => withDatabase(url, names.database)).join(',');
  }
  const mongo = base['ORDERSHARD_MONGODB_URL'];
  if (mongo) env['ORDERSHARD_MONGODB_URL'] = withDatabase(mongo, names.database);
  await createDatabases(shards, names.database);
  return { env, drop: async () => drop(env, shards, names.database) };
}

/** The namespace of one test file, on the servers that Jest's global set-up has put into the environment. */
export async function testNamespace(label = 'test'): Promise<Namespace> {
  return createNamespace(process.env, label);
}

async function drop(env: Env, shards: readonly string[], database: string): Promise<void> {
  const brokers = env['ORDERSHARD_KAFKA_BROKERS'];
  const mongo = env['ORDERSHARD_MONGODB_URL'];
  await Promise.all([
    dropDatabases(shards, database),
    brokers ? deletePrefixed(brokers, env['ORDERSHARD_TOPIC_PREFIX'] ?? '') : undefined,
    mongo ? withMongo(mongo, false, async (client) => client.db(database).dropDatabase()) : undefined,
  ]);
}

function isStack(from: object): from is { readonly env: Environment } {
  return 'env' in from && typeof from.env === 'object';
}

function definedOnly(environment: Environment): Env {
  const entries = Object.entries(environment).filter(
    ([key, value]) => key.startsWith('ORDERSHARD_') && value !== undefined,
  );
  return Object.fromEntries(entries) as Env;
}

function urlsOf(list: string | undefined): string[] {
  return (list ?? '')
    .split(',')
    .map((url) => url.trim())
    .filter((url) => url !== '');
}
