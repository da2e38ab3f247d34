import { commaList, readSettings, SettingsError } from '@ordershard/process';
import { z } from 'zod';
import { relaySettings, type RelaySettings } from '../relay/settings.ts';

const shape = {
  ORDERSHARD_CONNECT_URL: z
    .string()
    .regex(/^https?:\/\/./, 'must be an http or https URL')
    .transform((url) => url.replace(/\/+$/, '')),
  ORDERSHARD_CONNECT_MYSQL_URLS: commaList.optional(),
  ORDERSHARD_CONNECT_KAFKA_BROKERS: commaList.optional(),
};

/** The settings of the embedded relay, and those that Debezium needs in addition. */
export interface ConnectSettings extends RelaySettings {
  /** REST interface of the Connect cluster. */
  readonly connectUrl: string;
  /** URLs of the shards as the workers reach them, with the user of Debezium. The relay's own URLs by default. */
  readonly workerMysqlUrls: readonly string[];
  /** The brokers as the workers reach them. The relay's own brokers by default. */
  readonly workerBrokers: readonly string[];
}

/** Reads the settings from environment variables. Throws a SettingsError that names all that is wrong. */
export function connectSettings(env: Readonly<Record<string, string | undefined>>): ConnectSettings {
  const relay = relaySettings(env);
  const read = readSettings(shape, env);
  const { shards } = relay.shards;
  const workerMysqlUrls = read.ORDERSHARD_CONNECT_MYSQL_URLS ?? shards.map(({ writer }) => writer);
  if (shards.some(({ id }, place) => id !== place)) {
    throw new SettingsError([
      {
        setting: 'ORDERSHARD_SHARDS_FILE',
        message: 'shards that Debezium relays have the ids 0, 1, 2 and so on',
      },
    ]);
  }
  if (workerMysqlUrls.length !== shards.length) {
    throw new SettingsError([
      {
        setting: 'ORDERSHARD_CONNECT_MYSQL_URLS',
        message: `names ${workerMysqlUrls.length} shards, of which there are ${shards.length}`,
      },
    ]);
  }
  return {
    ...relay,
    connectUrl: read.ORDERSHARD_CONNECT_URL,
    workerMysqlUrls,
    workerBrokers: read.ORDERSHARD_CONNECT_KAFKA_BROKERS ?? relay.brokers,
  };
}
