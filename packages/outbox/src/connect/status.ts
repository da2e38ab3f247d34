import { ORDERS_TOPIC, outboxTablesOf } from '../append/topic.ts';
import { type BinlogPosition, readBinlogPosition } from '../sql/read-binlog-position.ts';
import { containsGtids } from '../sql/contains-gtids.ts';
import { countUnsettled } from '../sql/count-unsettled.ts';
import { type EngineRow, readEngines } from '../sql/read-engines.ts';
import type { Shards } from '../relay/shards.ts';
import { hasReached } from './handback.ts';
import type { ConnectSettings } from './settings.ts';
import { withShards } from '../relay/with-shards.ts';
import { type ConnectorStatus, ConnectWorker, failureOf } from './worker.ts';

/** Who publishes a table, how far it is, and whether it works. */
export interface TableStatus {
  readonly shard: number;
  readonly table: string;
  readonly engine: 'embedded' | 'connect';
  /** The embedded relay whose lease runs. */
  readonly holder: string | null;
  readonly connector: string | null;
  /** States of the connector and its task, such as `RUNNING/RUNNING`; `MISSING` when there is no such connector. */
  readonly state: string | null;
  /** The first line of the error with which the connector or its task failed. */
  readonly error: string | null;
  /** The settled id, or the committed position in the binary log. */
  readonly position: string | null;
  /** Committed rows above the settled id, at most 100,000; unknown (null) for Debezium unless it has caught up. */
  readonly lagRows: number | null;
  /** Age of the first of these rows; for Debezium, the time since the commit that it published last. */
  readonly lagSeconds: number | null;
  /** Whether a removal has begun and must still be finished. */
  readonly removing: boolean;
}

/**
 * Returns for every outbox table who publishes it.
 *
 * @throws ConnectUnavailableError, ConnectRefusedError
 */
export async function connectStatus(settings: ConnectSettings): Promise<TableStatus[]> {
  const worker = new ConnectWorker(settings.connectUrl);
  const ours = new Set(outboxTablesOf(ORDERS_TOPIC));
  return withShards(settings, async (shards) => {
    const all: TableStatus[] = [];
    for (const shard of shards.allShards()) {
      const rows = (await shards.onShard(shard, readEngines)).filter(({ table }) => ours.has(table));
      const end = rows.some(({ engine }) => engine === 'connect')
        ? await shards.onShard(shard, readBinlogPosition)
        : undefined;
      for (const row of rows) {
        all.push(
          row.engine === 'connect'
            ? await ofConnector(worker, shards, shard, row, end!)
            : await ofRelay(shards, shard, row),
        );
      }
    }
    return all;
  });
}

async function ofRelay(shards: Shards, shard: number, row: EngineRow): Promise<TableStatus> {
  const { table, settledId, holder, held, gaps } = row;
  const lag = await shards.onShard(shard, (session) => countUnsettled(session, table, settledId));
  return {
    shard,
    table,
    engine: 'embedded',
    holder: held ? holder : null,
    connector: null,
    state: null,
    error: null,
    position: gaps === '[]' ? settledId.toString() : `${settledId} with gaps`,
    lagRows: lag.rows,
    lagSeconds: lag.seconds,
    removing: false,
  };
}

async function ofConnector(
  worker: ConnectWorker,
  shards: Shards,
  shard: number,
  row: EngineRow,
  end: BinlogPosition,
): Promise<TableStatus> {
  const connector = row.connector ?? '';
  const status = await worker.status(connector);
  const offset = status && (await worker.offset(connector));
  const caughtUp = await shards.onShard(shard, (session) =>
    hasReached(offset, end, (part, whole) => containsGtids(session, part, whole)),
  );
  const since = offset?.ts_sec;
  return {
    shard,
    table: row.table,
    engine: 'connect',
    holder: row.held ? row.holder : null,
    connector,
    state: status === undefined ? 'MISSING' : stateOf(status),
    error: failureOf(status) ?? null,
    position: offset === undefined ? null : `${offset.file}:${offset.pos}`,
    lagRows: caughtUp ? 0 : null,
    lagSeconds: caughtUp
      ? 0
      : since === undefined
        ? null
        : Math.max(0, Math.round(Date.now() / 1_000) - since),
    removing: row.handback !== null,
  };
}

function stateOf({ state, tasks }: ConnectorStatus): string {
  return [state, ...tasks.map((task) => task.state)].join('/');
}

const COLUMNS = ['shard', 'table', 'engine', 'by', 'state', 'position', 'rows', 'seconds', 'note'] as const;

/** Formats the status as a table for people. */
export function statusTable(all: readonly TableStatus[]): string {
  const lines = all.map((one) => [
    String(one.shard),
    one.table,
    one.engine,
    one.connector ?? one.holder ?? '-',
    one.state ?? (one.holder === null ? 'free' : 'held'),
    one.position ?? '-',
    String(one.lagRows ?? '-'),
    String(one.lagSeconds ?? '-'),
    one.error ?? (one.removing ? 'removal to be finished' : ''),
  ]);
  const widths = COLUMNS.map((name, column) =>
    Math.max(name.length, ...lines.map((line) => line[column]!.length)),
  );
  return [[...COLUMNS], ...lines]
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
