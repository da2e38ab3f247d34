import { createHash } from 'node:crypto';

/** The addresses and folders of a one-node KRaft broker. */
export interface BrokerPlace {
  /** The address that the sockets are bound to. */
  readonly bind: string;
  readonly port: number;
  readonly controllerPort: number;
  readonly logDir: string;
}

/** JVM options of a broker for development. */
export const BROKER_HEAP = ['-Xms128m', '-Xmx512m', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC'];

/** Log lines on stderr, warnings and worse. */
export const LOGGING = [
  '-Dorg.slf4j.simpleLogger.showDateTime=true',
  '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
];

/**
 * `server.properties` of a broker that is its own controller. Topics are only made on purpose, and the internal ones
 * have a single copy. Callers always reach it at 127.0.0.1.
 */
export function brokerProperties(place: BrokerPlace): string {
  return toProperties({
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@127.0.0.1:${place.controllerPort}`,
    listeners: `CALLERS://${place.bind}:${place.port},CONTROLLER://127.0.0.1:${place.controllerPort}`,
    'advertised.listeners': `CALLERS://127.0.0.1:${place.port}`,
    'listener.security.protocol.map': 'CALLERS:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'inter.broker.listener.name': 'CALLERS',
    'controller.listener.names': 'CONTROLLER',
    'log.dirs': place.logDir,
    'auto.create.topics.enable': 'false',
    'num.partitions': '6',
    'default.replication.factor': '1',
    'offsets.topic.replication.factor': '1',
    'offsets.topic.num.partitions': '10',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'transaction.state.log.num.partitions': '10',
    'share.coordinator.state.topic.replication.factor': '1',
    'share.coordinator.state.topic.min.isr': '1',
    'group.initial.rebalance.delay.ms': '0',
    'log.retention.hours': '168',
    'log.segment.bytes': '268435456',
  });
}

/** Properties in the order given; none of our values needs an escape but the backslash. */
export function toProperties(entries: Readonly<Record<string, string>>): string {
  return Object.entries(entries)
    .map(([key, value]) => `${key}=${value.replaceAll('\\', '\\\\')}\n`)
    .join('');
}

/** A cluster id (16 bytes in base64url) made from the folder, so that every stack has a different one. */
export function clusterIdOf(dataDir: string): string {
  const id = createHash('sha256').update(dataDir).digest().subarray(0, 16).toString('base64url');
  // Kafka's tools take an id that begins with a dash for an option.
  return id.replace(/^-/, 'A');
}
