import { ORDERS_TOPIC } from '../append/topic.ts';
import { checkTables } from '../relay/check-tables.ts';
import type { Shards } from '../relay/shards.ts';
import { claimForConnect } from '../sql/claim-for-connect.ts';
import { endHolder } from '../sql/end-holder.ts';
import { insertRelay } from '../sql/insert-relay.ts';
import { countParked, moveParkedToGaps } from '../sql/parked/move-to-gaps.ts';
import { type EngineRow, readEngines } from '../sql/read-engines.ts';
import { applyTopic } from '../topics/apply.ts';
import type { ConnectorConfig, Grouping } from './connector-config.ts';
import { ConnectorFailedError, ConnectRefusedError, TableEngineError } from './errors.ts';
import { changedKeys, checkClaim, configOf, type Group, groupsOf, withoutSecrets } from './plan.ts';
import { checkPlugin, checkServer } from './preflight.ts';
import type { ConnectSettings } from './settings.ts';
import { waitFor } from './wait.ts';
import { ConnectWorker, failureOf } from './worker.ts';
import { withShards } from '../relay/with-shards.ts';
import { withWorkerSession } from './worker-session.ts';

export interface ApplyOptions {
  /** One connector for each table (the default), or for each shard. */
  readonly per?: Grouping;
  /** Ends the lease of an embedded relay that holds a table, instead of refusing. */
  readonly takeOver?: boolean;
  /** Changes nothing. */
  readonly dryRun?: boolean;
  /** These shards alone. */
  readonly shards?: readonly number[];
  /** Properties that are added to each connector or replaced. */
  readonly overrides?: ConnectorConfig;
  readonly report?: (line: string) => void;
}

/** What `applyConnect` does for one connector. */
export interface Applied {
  readonly shard: number;
  readonly connector: string;
  readonly tables: readonly string[];
  readonly action: 'create' | 'update' | 'keep';
  /** Tables that are taken from a running embedded relay. */
  readonly takenFrom: readonly string[];
  /** Parked rows that the connector takes over with the tables: it publishes them first. */
  readonly parked: number;
  /** Properties that an update changes. */
  readonly changes: readonly string[];
  /** Without secrets. */
  readonly config: ConnectorConfig;
}

/**
 * Lets Debezium publish the outbox tables: takes them from the embedded relay, and creates or changes their connectors. It
 * can be repeated at any time; steps that are done stay done.
 *
 * @throws ConnectUnavailableError, ConnectRefusedError when Kafka Connect does not answer or refuses
 * @throws ConnectPluginError, ConnectPreflightError when something is missing, before anything is changed
 * @throws TableEngineError when another engine publishes a table
 * @throws ConnectorFailedError when a connector does not run
 * @throws SwitchUnfinishedError when a step takes too long
 */
export async function applyConnect(
  settings: ConnectSettings,
  options: ApplyOptions = {},
): Promise<Applied[]> {
  const worker = new ConnectWorker(settings.connectUrl);
  return withShards(settings, async (shards) => {
    const ids = options.shards ?? shards.allShards();
    const groups = groupsOf(settings, ORDERS_TOPIC, ids, options.per ?? 'table');
    await checkPlugin(worker);
    for (const shard of ids) {
      await shards.onShard(shard, (session) => checkTables(session, ORDERS_TOPIC));
      await withWorkerSession(settings, shard, checkServer);
    }
    const plan: { group: Group; applied: Applied }[] = [];
    for (const group of groups) {
      plan.push({ group, applied: await planOf(settings, options, worker, shards, group) });
    }
    if (options.dryRun === true) return plan.map(({ applied }) => applied);
    const { brokers, topicPrefix, partitions, replication } = settings;
    const name = `${topicPrefix}${ORDERS_TOPIC.topic}`;
    await applyTopic({ brokers, clientId: 'ordershard-connect-apply' }, { name, partitions, replication });
    // Claim all tables first: their leases run out together while the first one is waited for.
    for (const { group } of plan) await claim(shards, group, options.takeOver === true);
    await Promise.all(plan.map(({ group }) => start(settings, options, worker, shards, group)));
    return plan.map(({ applied }) => applied);
  });
}

async function planOf(
  settings: ConnectSettings,
  options: ApplyOptions,
  worker: ConnectWorker,
  shards: Shards,
  group: Group,
): Promise<Applied> {
  const rows = await rowsOf(shards, group);
  checkClaim(group, rows, options.takeOver === true);
  const after = configOf(settings, ORDERS_TOPIC, group, rows, options.overrides);
  const problems = await worker.problems(group.name, after);
  if (problems.length > 0) throw new ConnectRefusedError(`${group.name}: ${problems.join('; ')}`);
  const before = await worker.config(group.name);
  const changes = before === undefined ? [] : changedKeys(before, after);
  const parked = await shards.onShard(group.shard, (session) => countParked(session, group.tables));
  return {
    shard: group.shard,
    connector: group.name,
    tables: group.tables,
    action: before === undefined ? 'create' : changes.length > 0 ? 'update' : 'keep',
    takenFrom: rows.filter(({ engine, held }) => engine === 'embedded' && held).map(({ table }) => table),
    parked: before === undefined ? parked : 0,
    changes,
    config: withoutSecrets(after),
  };
}

/** Returns the stored progress of a group's tables; for a table that has never been published, the beginning. */
async function rowsOf(shards: Shards, { shard, tables }: Group): Promise<EngineRow[]> {
  const stored = await shards.onShard(shard, readEngines);
  const free = { engine: 'embedded', connector: null, handback: null, holder: '', held: false } as const;
  return tables.map(
    (table) => stored.find((row) => row.table === table) ?? { table, ...free, settledId: 0n, gaps: '[]' },
  );
}

async function claim(shards: Shards, group: Group, takeOver: boolean): Promise<void> {
  await shards.onShard(group.shard, async (session) => {
    for (const table of group.tables) {
      await insertRelay(session, table);
      await claimForConnect(session, table, group.name, takeOver);
    }
  });
  const rows = await rowsOf(shards, group);
  checkClaim(group, rows, takeOver);
  if (rows.some(({ engine }) => engine !== 'connect')) {
    throw new TableEngineError(`shard ${group.shard}: a relay has taken a table of ${group.name} meanwhile`);
  }
}

/** Waits until the last holders' leases have run out, then starts the connector from the progress that they stored. */
async function start(
  settings: ConnectSettings,
  options: ApplyOptions,
  worker: ConnectWorker,
  shards: Shards,
  group: Group,
): Promise<void> {
  const { name } = group;
  for (const table of group.tables) {
    await waitFor(`the lease of ${table} on shard ${group.shard} has run out`, () =>
      shards.onShard(group.shard, (session) => endHolder(session, table)),
    );
  }
  const before = await worker.config(name);
  // The snapshot of an existing connector may be over: then parked rows stay parked until the table returns to the embedded
  // relay.
  if (before === undefined) for (const table of group.tables) await takeParked(options, shards, group, table);
  const rows = await rowsOf(shards, group);
  checkClaim(group, rows, false);
  const config = configOf(settings, ORDERS_TOPIC, group, rows, options.overrides);
  if (before === undefined || changedKeys(before, config).length > 0) {
    options.report?.(
      `${name}: ${before === undefined ? 'making the connector' : 'changing its configuration'}`,
    );
    await worker.putConfig(name, config);
  } else if (failureOf(await worker.status(name)) !== undefined) {
    options.report?.(`${name}: has failed, starting it again`);
    await worker.restartFailed(name);
  }
  await worker.resume(name);
  await waitFor(`${name} runs`, () => isRunning(worker, name));
}

/** Lets the connector publish the rows of a table that Kafka has refused, and the rows that wait behind them. */
async function takeParked(
  options: ApplyOptions,
  shards: Shards,
  { shard, name }: Group,
  table: string,
): Promise<void> {
  const rows = await shards.onShard(shard, (session) => moveParkedToGaps(session, table));
  if (rows > 0) options.report?.(`${name}: takes ${rows} parked rows of ${table} along`);
}

/** A failed task may just be restarting, so its state is read twice. */
async function isRunning(worker: ConnectWorker, name: string): Promise<boolean> {
  const status = await worker.status(name);
  const failure = failureOf(status);
  if (failure !== undefined) {
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const again = failureOf(await worker.status(name));
    if (again !== undefined) throw new ConnectorFailedError(`${name} has failed: ${again}`);
  }
  return (
    status?.state === 'RUNNING' &&
    status.tasks.length > 0 &&
    status.tasks.every(({ state }) => state === 'RUNNING')
  );
}
