import { shown } from '../entry/shown.ts';
import { TopologyError } from '../errors.ts';
import { SHARD_IDS } from '../ids/snowflake.ts';
import type { ServerAccess } from '../pools/server-access.ts';
import { parseEndpoint, type Endpoint } from './endpoint.ts';

/** A shard as configured: its id, and the URLs of its writer and of its read replicas. */
export interface ShardConfig {
  readonly id: number;
  readonly writer: string;
  readonly readers?: readonly string[];
  /** TLS and credentials of its servers, in place of the router's. */
  readonly access?: ServerAccess;
  /** How much data it should hold, in proportion to the other shards; default 1. */
  readonly weight?: number;
  /** How many bytes its database may take. Its operator has to say so, because MySQL does not. */
  readonly capacityBytes?: number;
}

/** A shard whose configuration was checked. */
export interface ShardEndpoints {
  readonly id: number;
  readonly writer: Endpoint;
  readonly readers: readonly Endpoint[];
  readonly access: ServerAccess;
}

/** Checks the shards of a cluster. Throws {@link TopologyError} naming the shard and what is wrong with it. */
export function checkShards(shards: readonly ShardConfig[]): readonly ShardEndpoints[] {
  if (!Array.isArray(shards)) throw new TopologyError(`the shards are an array, not ${shown(shards)}`);
  if (shards.length === 0) throw new TopologyError('no shard is configured');
  const ids = new Set<number>();
  const databases = new Map<string, number>();
  return shards.map((shard) => {
    checkSettings(shard);
    const { id, writer, readers = [], access = {} } = shard;
    if (!Number.isInteger(id) || id < 0 || id >= SHARD_IDS) {
      throw new TopologyError(`shard id ${shown(id)} is not an integer from 0 to ${SHARD_IDS - 1}`);
    }
    if (ids.has(id)) throw new TopologyError(`shard id ${id} is configured twice`);
    ids.add(id);
    const endpoints = {
      id,
      writer: endpointOf(id, writer),
      readers: readers.map((reader) => endpointOf(id, reader)),
      access,
    };
    const { host, port, database } = endpoints.writer;
    const place = `${host}:${port}/${database}`;
    const other = databases.get(place);
    if (other !== undefined)
      throw new TopologyError(`shards ${other} and ${id} have the same writer ${place}`);
    databases.set(place, id);
    return endpoints;
  });
}

const SETTINGS: Readonly<Record<keyof ShardConfig, true>> = {
  id: true,
  writer: true,
  readers: true,
  access: true,
  weight: true,
  capacityBytes: true,
};

/** Checks that a shard has known settings only, and texts where URLs are. */
function checkSettings(shard: unknown): asserts shard is ShardConfig {
  if (typeof shard !== 'object' || shard === null || Array.isArray(shard))
    throw new TopologyError(`a shard is an object with id and writer, not ${shown(shard)}`);
  const unknown = Object.keys(shard).find((name) => !Object.hasOwn(SETTINGS, name));
  if (unknown !== undefined)
    throw new TopologyError(
      `a shard has no setting ${shown(unknown)}; it has ${Object.keys(SETTINGS).join(', ')}`,
    );
  const { writer, readers } = shard as Record<keyof ShardConfig, unknown>;
  const urls: unknown[] = Array.isArray(readers) ? [writer, ...(readers as unknown[])] : [writer];
  if (readers !== undefined && !Array.isArray(readers))
    throw new TopologyError(`the readers of a shard are an array, not ${shown(readers)}`);
  for (const url of urls) {
    if (typeof url !== 'string') throw new TopologyError(`the URL of a server is a text, not ${shown(url)}`);
  }
}

/**
 * Returns the shards of a comma-separated list of writer URLs. The place of a URL in the list is the shard's id. A second
 * list has the reader of each shard in the same place.
 */
export function shardsFromUrls(
  writers: readonly string[],
  readers: readonly string[] = [],
): readonly ShardConfig[] {
  if (readers.length > 0 && readers.length !== writers.length) {
    throw new TopologyError(`${readers.length} reader URLs do not match ${writers.length} writer URLs`);
  }
  return writers.map((writer, id) => {
    const reader = readers[id];
    return reader === undefined ? { id, writer } : { id, writer, readers: [reader] };
  });
}

/** Parses a URL of a shard. Its TopologyError also names the shard. */
function endpointOf(id: number, url: string): Endpoint {
  try {
    return parseEndpoint(url);
  } catch (error) {
    if (!(error instanceof TopologyError)) throw error;
    throw new TopologyError(`shard ${id}: ${error.message}`, { cause: error });
  }
}
