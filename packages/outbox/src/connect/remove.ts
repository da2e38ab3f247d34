import { answeringBrokersFirst } from '@ordershard/process';
import { Admin } from '@platformatic/kafka';
import { ORDERS_TOPIC, outboxTablesOf } from '../append/topic.ts';
import type { Shards } from '../relay/shards.ts';
import { containsGtids } from '../sql/contains-gtids.ts';
import { readBinlogPosition } from '../sql/read-binlog-position.ts';
import { type EngineRow, readEngines } from '../sql/read-engines.ts';
import { returnToEmbedded } from '../sql/return-to-embedded.ts';
import { storeHandback } from '../sql/store-handback.ts';
import { ownTopics } from './connector-config.ts';
import { ConnectorFailedError, TableEngineError } from './errors.ts';
import { decodeHandback, encodeHandback, type Handback, hasReached } from './handback.ts';
import { takeMarkers } from './marker.ts';
import type { ConnectSettings } from './settings.ts';
import { waitFor } from './wait.ts';
import { withShards } from '../relay/with-shards.ts';
import { ConnectWorker, failureOf } from './worker.ts';

export interface RemoveOptions {
  /** These shards alone. */
  readonly shards?: readonly number[];
  /**
   * Does not wait for the connectors: the embedded relay goes on where it left off when Debezium began, and publishes all
   * rows since then again. Meant for a connector that cannot go on.
   */
  readonly republish?: boolean;
  readonly report?: (line: string) => void;
}

/** A table that was returned to the embedded relay. */
export interface Removed {
  readonly shard: number;
  readonly table: string;
  readonly connector: string;
}

/** A connector with the tables that it publishes. */
interface Source {
  readonly shard: number;
  readonly connector: string;
  readonly rows: readonly EngineRow[];
}

/**
 * Returns the outbox tables to the embedded relay, and removes their connectors with their offsets and own topics. It stores
 * each step before the next one: if a call was cut off, call again, and it goes on from there.
 *
 * @throws ConnectUnavailableError, ConnectRefusedError when Kafka Connect does not answer or refuses
 * @throws ConnectorFailedError when a connector cannot get as far as it must
 * @throws TableEngineError when another call changes a table at the same time
 * @throws SwitchUnfinishedError when something takes too long
 */
export async function removeConnect(
  settings: ConnectSettings,
  options: RemoveOptions = {},
): Promise<Removed[]> {
  const worker = new ConnectWorker(settings.connectUrl);
  return withShards(settings, async (shards) => {
    const sources: Source[] = [];
    for (const shard of options.shards ?? shards.allShards())
      sources.push(...(await sourcesOf(shards, shard)));
    const removal = new Removal(settings, options, worker, shards);
    for (const source of sources) await removal.mark(source);
    await Promise.all(sources.map((source) => removal.finish(source)));
    return sources.flatMap(({ shard, connector, rows }) =>
      rows.map(({ table }) => ({ shard, table, connector })),
    );
  });
}

async function sourcesOf(shards: Shards, shard: number): Promise<Source[]> {
  const ours = new Set(outboxTablesOf(ORDERS_TOPIC));
  const byConnector = new Map<string, EngineRow[]>();
  for (const row of await shards.onShard(shard, readEngines)) {
    if (row.engine !== 'connect' || !ours.has(row.table)) continue;
    const connector = row.connector ?? '';
    byConnector.set(connector, [...(byConnector.get(connector) ?? []), row]);
  }
  return [...byConnector].map(([connector, rows]) => ({ shard, connector, rows }));
}

class Removal {
  readonly #settings: ConnectSettings;
  readonly #options: RemoveOptions;
  readonly #worker: ConnectWorker;
  readonly #shards: Shards;

  constructor(settings: ConnectSettings, options: RemoveOptions, worker: ConnectWorker, shards: Shards) {
    this.#settings = settings;
    this.#options = options;
    this.#worker = worker;
    this.#shards = shards;
  }

  /** Stores for each table of a connector the marker that it has to reach, unless one is stored already. */
  async mark(source: Source): Promise<void> {
    const { shard, connector, rows } = source;
    if (this.#options.republish === true) {
      for (const row of rows) await this.#store(shard, row.table, row.handback, { step: 'given-up' });
      return;
    }
    await this.#checkAlive(source);
    const { server } = await this.#shards.onShard(shard, readBinlogPosition);
    const open = rows.filter(({ handback }) => {
      if (handback === null) return true;
      const step = decodeHandback(handback);
      // The server is another one by now: positions cannot be compared with a marker of the previous server.
      return step.step === 'marked' && step.marker.position.server !== server;
    });
    if (open.length === 0) return;
    this.#report(`${connector}: taking a marker`);
    const markers = await takeMarkers(
      this.#shards,
      shard,
      open.map(({ table }) => table),
    );
    for (const row of open) {
      const taken = markers.get(row.table)!;
      const settledId = taken.settledId > row.settledId ? taken.settledId : row.settledId;
      await this.#store(shard, row.table, row.handback, { step: 'marked', marker: { ...taken, settledId } });
    }
  }

  async finish({ shard, connector }: Source): Promise<void> {
    const current = async () =>
      (await this.#shards.onShard(shard, readEngines)).filter(
        (row) => row.engine === 'connect' && row.connector === connector,
      );
    for (const row of await current()) await this.#reach(shard, connector, row);
    this.#report(`${connector}: removing the connector`);
    await this.#removeConnector(connector);
    for (const row of await current()) {
      const handback = decodeHandback(row.handback ?? '{}');
      const settledId = handback.step === 'reached' ? handback.settledId : undefined;
      await this.#shards.onShard(shard, async (session) => {
        if (await returnToEmbedded(session, row.table, row.handback ?? '', settledId)) return;
        throw new TableEngineError(`shard ${shard}, ${row.table}: someone else changes it at the same time`);
      });
    }
  }

  /** Waits until the connector has published everything before the table's marker, and stores that it has. */
  async #reach(shard: number, connector: string, row: EngineRow): Promise<void> {
    const handback = decodeHandback(row.handback ?? '{}');
    if (handback.step !== 'marked') return;
    const { settledId, position } = handback.marker;
    this.#report(`${connector}: waiting until it has published ${row.table} up to ${settledId}`);
    let poked = row.handback!;
    await waitFor(
      `${connector} has got to ${position.gtids || `${position.file}:${position.pos}`}`,
      async () => {
        const offset = await this.#worker.offset(connector);
        const reached = await this.#shards.onShard(shard, (session) =>
          hasReached(offset, position, (part, whole) => containsGtids(session, part, whole)),
        );
        if (reached) return true;
        await this.#checkRunning(connector);
        // A connector commits an offset only with a later event, so a quiet server must get something into its binary log.
        poked = await this.#store(shard, row.table, poked, {
          ...handback,
          lookedAt: Date.now(),
        });
        return false;
      },
    );
    await this.#store(shard, row.table, poked, { step: 'reached', settledId });
  }

  async #removeConnector(connector: string): Promise<void> {
    const worker = this.#worker;
    if ((await worker.status(connector)) !== undefined) {
      await worker.stop(connector);
      await waitFor(`${connector} has stopped`, async () => {
        const status = await worker.status(connector);
        return status === undefined || (status.state === 'STOPPED' && status.tasks.length === 0);
      });
      await worker.deleteOffsets(connector);
      await worker.delete(connector);
      await waitFor(`${connector} is gone`, async () => (await worker.status(connector)) === undefined);
    }
    await deleteTopics(this.#settings.brokers, ownTopics(connector, this.#settings.topicPrefix));
  }

  /** Throws before anything is stored when the connector has failed, because then only a person can help. */
  async #checkAlive({ connector, rows }: Source): Promise<void> {
    if (rows.every(({ handback }) => handback !== null && decodeHandback(handback).step !== 'marked')) return;
    await this.#checkRunning(connector);
  }

  async #checkRunning(connector: string): Promise<void> {
    const status = await this.#worker.status(connector);
    if (status === undefined) throw failed(connector, 'it is not there');
    const failure = failureOf(status);
    if (failure !== undefined) throw failed(connector, failure);
  }

  async #store(shard: number, table: string, before: string | null, after: Handback): Promise<string> {
    const text = encodeHandback(after);
    if (text === before) return text;
    await this.#shards.onShard(shard, async (session) => {
      if (await storeHandback(session, table, before, text)) return;
      throw new TableEngineError(`shard ${shard}, ${table}: someone else changes it at the same time`);
    });
    return text;
  }

  #report(line: string): void {
    this.#options.report?.(line);
  }
}

function failed(connector: string, reason: string): ConnectorFailedError {
  return new ConnectorFailedError(
    `${connector} has failed: ${reason}. "connect apply" starts it again; if it cannot go on, "connect remove --republish" does without it`,
  );
}

/**
 * Deletes topics that only a connector used. Topics that stay do no harm, so missing topics and refused deletions are
 * ignored.
 */
async function deleteTopics(brokers: readonly string[], names: readonly string[]): Promise<void> {
  const admin = new Admin({
    clientId: 'ordershard-connect-remove',
    bootstrapBrokers: await answeringBrokersFirst(brokers),
    retries: 1,
  });
  try {
    const there = new Set(await admin.listTopics());
    const topics = names.filter((name) => there.has(name));
    if (topics.length > 0) await admin.deleteTopics({ topics });
  } catch {
    // The next connector of this name begins them anew in any case.
  } finally {
    await admin.close().catch(() => undefined);
  }
}
