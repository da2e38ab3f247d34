import { outboxTablesOf, type OutboxTopic } from '../append/topic.ts';
import { decodeRanges } from '../relay/progress/id-range.ts';
import { sourceOf } from '../relay/message.ts';
import type { EngineRow } from '../sql/read-engines.ts';
import {
  connectorConfig,
  type ConnectorConfig,
  connectorName,
  type Grouping,
  serverId,
} from './connector-config.ts';
import { TableEngineError } from './errors.ts';
import type { ConnectSettings } from './settings.ts';

/** One connector and the tables that it has to publish. */
export interface Group {
  readonly shard: number;
  readonly name: string;
  readonly tables: readonly string[];
}

/** The connectors of some shards. */
export function groupsOf(
  settings: ConnectSettings,
  topic: OutboxTopic,
  shards: readonly number[],
  per: Grouping,
): Group[] {
  const tables = outboxTablesOf(topic);
  const groups = shards.flatMap((shard) =>
    per === 'shard'
      ? [{ shard, name: connectorName(settings, shard, undefined), tables }]
      : tables.map((table) => ({ shard, name: connectorName(settings, shard, table), tables: [table] })),
  );
  const ids = new Map<number, string>();
  for (const { name } of groups) {
    const other = ids.get(serverId(name));
    if (other !== undefined) throw new TableEngineError(`${name} and ${other} get the same server id`);
    ids.set(serverId(name), name);
  }
  return groups;
}

/**
 * Checks whether a connector may publish these tables.
 *
 * @throws TableEngineError when a removal is in progress, or another connector has a table, or, without `takeOver`, a relay
 * has one
 */
export function checkClaim({ shard, name }: Group, rows: readonly EngineRow[], takeOver: boolean): void {
  for (const row of rows) {
    const table = `shard ${shard}, ${row.table}`;
    if (row.handback !== null) {
      throw new TableEngineError(`${table}: a removal is under way; let "connect remove" finish it first`);
    }
    if (row.engine === 'connect' && row.connector !== name) {
      throw new TableEngineError(`${table}: connector ${row.connector} publishes it; remove that one first`);
    }
    if (row.engine === 'embedded' && row.held && !takeOver) {
      throw new TableEngineError(
        `${table}: the embedded relay ${row.holder} publishes it; stop it, or take over (--take-over)`,
      );
    }
  }
}

/** Returns the configuration of a group's connector, based on the progress that the embedded relay has stored. */
export function configOf(
  settings: ConnectSettings,
  topic: OutboxTopic,
  group: Group,
  rows: readonly EngineRow[],
  overrides: ConnectorConfig = {},
): ConnectorConfig {
  return connectorConfig({
    name: group.name,
    mysqlUrl: settings.workerMysqlUrls[group.shard]!,
    tables: rows.map(({ table, settledId, gaps }) => ({ table, settledId, gaps: decodeRanges(gaps) })),
    brokers: settings.workerBrokers,
    topic: `${settings.topicPrefix}${topic.topic}`,
    topicPrefix: settings.topicPrefix,
    replication: settings.replication,
    source: sourceOf(settings.cluster),
    overrides,
  });
}

/** Names of the properties that differ. */
export function changedKeys(before: ConnectorConfig, after: ConnectorConfig): string[] {
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys].filter((key) => before[key] !== after[key]).toSorted();
}

/** Returns the configuration with its secrets hidden, so that it may be shown. */
export function withoutSecrets(config: ConnectorConfig): ConnectorConfig {
  return Object.fromEntries(
    Object.entries(config).map(([key, value]) => [
      key,
      /password|secret|sasl\.jaas|credential/i.test(key) ? '***' : value,
    ]),
  );
}
