import { murmur32 } from '@ordershard/shard-router';
import type { IdRange } from '../relay/progress/id-range.ts';

export const DEBEZIUM_MYSQL = 'io.debezium.connector.mysql.MySqlConnector';

/** Configuration of a connector, in the form of Connect's REST interface. */
export type ConnectorConfig = Readonly<Record<string, string>>;

/** A table, and how far it is published before the connector begins. */
export interface SourceTable {
  readonly table: string;
  readonly settledId: bigint;
  readonly gaps: readonly IdRange[];
}

/** What a connector publishes, from which shard and to which topic. */
export interface ConnectorSpec {
  readonly name: string;
  /** URL of the shard with database and user, as the worker reaches it. */
  readonly mysqlUrl: string;
  readonly tables: readonly SourceTable[];
  readonly brokers: readonly string[];
  /** The Kafka topic with its prefix. */
  readonly topic: string;
  readonly topicPrefix: string;
  readonly replication: number;
  /** `ce_source` of the events. */
  readonly source: string;
  /** Properties that are added or replaced, such as another tuning. */
  readonly overrides?: ConnectorConfig;
}

/** Which tables of a shard one connector publishes. */
export type Grouping = 'table' | 'shard';

/** The name of a connector: of one table, or of a whole shard. */
export function connectorName(
  { topicPrefix, cluster }: { readonly topicPrefix: string; readonly cluster: string },
  shard: number,
  table: string | undefined,
): string {
  return `${topicPrefix}${cluster}.shard-${shard}.${table ?? 'all'}`;
}

/** The topics that only the connector itself uses. They are removed with it. */
export function ownTopics(name: string, topicPrefix: string): string[] {
  return [historyTopic(name), `${heartbeatPrefix(topicPrefix)}.${name}`];
}

function historyTopic(name: string): string {
  return `${name}.schema-history`;
}

function heartbeatPrefix(topicPrefix: string): string {
  return `${topicPrefix}ordershard-heartbeat`;
}

/**
 * The id with which a connector registers as a replica: always the same for a name, in [2^30, 2^31), where servers seldom
 * have their ids. Two replicas with the same id throw each other off a server.
 */
export function serverId(name: string): number {
  return 0x4000_0000 + (murmur32(name) >>> 2);
}

/**
 * Returns the configuration of a Debezium connector that publishes outbox tables exactly as the embedded relay does. The
 * snapshot takes the rows that are not published yet; the connector then reads the binary log from the position of that
 * snapshot.
 */
export function connectorConfig(spec: ConnectorSpec): ConnectorConfig {
  const { name, tables, brokers, topicPrefix, replication } = spec;
  const url = new URL(spec.mysqlUrl);
  const database = decodeURIComponent(url.pathname.slice(1));
  const full = tables.map(({ table }) => `${database}.${table}`);
  const bootstrap = brokers.join(',');
  return {
    'connector.class': DEBEZIUM_MYSQL,
    'tasks.max': '1',
    'database.hostname': url.hostname.replace(/^\[(.*)\]$/, '$1'),
    'database.port': url.port || '3306',
    'database.user': decodeURIComponent(url.username),
    'database.password': decodeURIComponent(url.password),
    'database.server.id': String(serverId(name)),
    'database.include.list': escapeRegex(database),
    'table.include.list': full.map(escapeRegex).join(','),
    'topic.prefix': name,
    'topic.heartbeat.prefix': heartbeatPrefix(topicPrefix),
    // The committed offset moves on with the server's binary log, even while these tables are quiet.
    'heartbeat.interval.ms': '1000',
    'topic.creation.default.replication.factor': String(replication),
    'topic.creation.default.partitions': '1',
    'topic.creation.default.cleanup.policy': 'compact',
    'schema.history.internal.kafka.bootstrap.servers': bootstrap,
    'schema.history.internal.kafka.topic': historyTopic(name),
    'schema.history.internal.store.only.captured.tables.ddl': 'true',
    'schema.history.internal.store.only.captured.databases.ddl': 'true',
    'include.schema.changes': 'false',
    'extended.headers.enabled': 'false',
    'tombstones.on.delete': 'false',
    'skipped.operations': 'u,d,t',
    'snapshot.mode': 'initial',
    'snapshot.locking.mode': 'minimal',
    'snapshot.select.statement.overrides': full.join(','),
    ...Object.fromEntries(
      tables.map((table) => [
        `snapshot.select.statement.overrides.${database}.${table.table}`,
        selectUnpublished(database, table),
      ]),
    ),
    ...TUNING,
    ...conversions(spec),
    ...spec.overrides,
  };
}

/** As measured, see docs/adr/0011. */
const TUNING: ConnectorConfig = {
  'snapshot.fetch.size': '10000',
  'max.batch.size': '8192',
  'max.queue.size': '32768',
  'poll.interval.ms': '10',
  'producer.override.acks': 'all',
  'producer.override.enable.idempotence': 'true',
  'producer.override.max.in.flight.requests.per.connection': '5',
  'producer.override.linger.ms': '5',
  'producer.override.batch.size': '262144',
};

/** How a row becomes the message that the embedded relay would send. */
function conversions({ topic, source }: ConnectorSpec): ConnectorConfig {
  const constants = { ce_source: source, 'content-type': 'application/json' };
  const inserts = Object.entries(constants).map(([header, value], index) => ({
    name: `constant${index}`,
    type: 'org.apache.kafka.connect.transforms.InsertHeader',
    header,
    'value.literal': value,
  }));
  // Heartbeats pass the router unchanged, and the other transforms must not touch them.
  const onlyEvents = [
    { name: 'dropId', type: 'org.apache.kafka.connect.transforms.DropHeaders', headers: 'id' },
    {
      name: 'formatTime',
      type: 'org.apache.kafka.connect.transforms.TimestampConverter$Value',
      field: 'ce_time',
      'target.type': 'string',
      format: "yyyy-MM-dd'T'HH:mm:ss.SSS'Z'",
    },
    {
      // InsertHeader would take the text for a number, and send 1.
      name: 'specVersion',
      type: 'org.apache.kafka.connect.transforms.InsertField$Value',
      'static.field': 'ce_specversion',
      'static.value': '1.0',
    },
    {
      name: 'moveToHeaders',
      type: 'org.apache.kafka.connect.transforms.HeaderFrom$Value',
      fields: 'ce_time,ce_specversion',
      headers: 'ce_time,ce_specversion',
      operation: 'move',
    },
    { name: 'payload', type: 'org.apache.kafka.connect.transforms.ExtractField$Value', field: 'payload' },
    ...inserts,
  ].map((transform) => ({ ...transform, predicate: 'isEvent' }));
  const router = {
    name: 'outbox',
    type: 'io.debezium.transforms.outbox.EventRouter',
    'table.field.event.id': 'event_id',
    'table.field.event.key': 'aggregateid',
    'table.field.event.payload': 'payload',
    'table.fields.additional.placement': [
      'event_id:header:ce_id',
      'type:header:ce_type',
      'aggregateid:header:ce_subject',
      'sequence:header:ce_sequence',
      'traceparent:header:traceparent',
      'occurred_at:envelope:ce_time',
    ].join(','),
    'table.op.invalid.behavior': 'error',
    'route.by.field': 'aggregatetype',
    'route.topic.replacement': topic,
  };
  const transforms = [router, ...onlyEvents];
  return {
    'time.precision.mode': 'adaptive_time_microseconds',
    'key.converter': 'org.apache.kafka.connect.storage.StringConverter',
    'value.converter': 'org.apache.kafka.connect.storage.StringConverter',
    'header.converter': 'org.apache.kafka.connect.storage.StringConverter',
    predicates: 'isEvent',
    'predicates.isEvent.type': 'org.apache.kafka.connect.transforms.predicates.TopicNameMatches',
    'predicates.isEvent.pattern': escapeRegex(topic),
    transforms: transforms.map((transform) => transform.name).join(','),
    ...Object.fromEntries(
      transforms.flatMap(({ name, ...properties }) =>
        Object.entries(properties).map(([key, value]) => [`transforms.${name}.${key}`, value]),
      ),
    ),
  };
}

/** The rows that the embedded relay has not published: those above its watermark, and those of its gaps. */
function selectUnpublished(database: string, { table, settledId, gaps }: SourceTable): string {
  const ranges = gaps.map(({ first, last }) =>
    first === last ? `id = ${first}` : `id BETWEEN ${first} AND ${last}`,
  );
  return `SELECT * FROM \`${database}\`.\`${table}\` FORCE INDEX (PRIMARY) WHERE ${[...ranges, `id > ${settledId}`].join(' OR ')} ORDER BY id`;
}

function escapeRegex(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}
