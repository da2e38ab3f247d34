import type { ServerRecord } from '../../stack/state.ts';
import { toProperties } from '../kafka/settings.ts';

/** Where a Connect worker runs and what it works with. */
export interface WorkerPlace {
  readonly brokers: string;
  /** Address and port of its REST interface. */
  readonly listener: string;
  readonly pluginPath: string;
}

export const WORKER_HEAP = ['-Xms128m', '-Xmx768m'];

/**
 * Properties of one distributed worker. Its own topics have a single copy, and offsets are flushed every second,
 * since the settled position of an outbox is read from them.
 */
export function workerProperties(place: WorkerPlace): string {
  return toProperties({
    'bootstrap.servers': place.brokers,
    'group.id': 'ordershard-connect',
    'config.storage.topic': 'ordershard-connect-configs',
    'config.storage.replication.factor': '1',
    'offset.storage.topic': 'ordershard-connect-offsets',
    'offset.storage.replication.factor': '1',
    'offset.storage.partitions': '5',
    'status.storage.topic': 'ordershard-connect-status',
    'status.storage.replication.factor': '1',
    'status.storage.partitions': '5',
    'offset.flush.interval.ms': '1000',
    'key.converter': 'org.apache.kafka.connect.storage.StringConverter',
    'value.converter': 'org.apache.kafka.connect.json.JsonConverter',
    'value.converter.schemas.enable': 'false',
    listeners: place.listener,
    'plugin.path': place.pluginPath,
    'plugin.discovery': 'service_load',
    'connector.client.config.override.policy': 'All',
    'scheduled.rebalance.max.delay.ms': '0',
  });
}

export function workerUrl(port: number): string {
  return `http://127.0.0.1:${port}`;
}

/** The identity of a worker: the id of the Kafka cluster that it works with, which it reports. */
export function identityBy(kafka: ServerRecord): Pick<ServerRecord, 'identity'> {
  return kafka.identity === undefined ? {} : { identity: kafka.identity };
}
