import { TopologyError } from '../errors.ts';
import type { ServerAccess } from '../pools/shard-pool.ts';
import { parseEndpoint, type Endpoint } from './endpoint.ts';

/** A shard as configured: its id, and the URLs of its writer and of its read replicas. */
export interface ShardConfig {
  readonly id: number;
  readonly writer: string;
  readonly readers?: readonly string[];
  /** TLS and credentials of its servers, in place of the router's. */
  readonly access?: ServerAccess;
  /** How much it should hold, in proportion to the others; default 1. */
  readonly weight?: number;
  /** How many bytes its database may take, as its operator knows: MySQL does not tell. */
  readonly capacityBytes?: number;
}

/** A shard whose configuration was checked. */
export interface ShardEndpoints {
  readonly id: number;
  readonly writer: Endpoint;
  readonly readers: readonly Endpoint[];
  readonly access: ServerAccess;
}

/** Worker ids are made of shard id and slot, so that shards can lease them without asking each other. */
export const WORKER_SLOTS = 32;

const MAX_SHARDS = 1024;

/** Checks the shards of a cluster. Throws {@link TopologyError} naming the shard and what is wrong with it. */
export function checkShards(shards: readonly ShardConfig[]): readonly ShardEndpoints[] {
  if (shards.length === 0) throw new TopologyError('no shard is configured');
  const ids = new Set<number>();
  const databases = new Map<string, number>();
  return shards.map(({ id, writer, readers = [], access = {} }) => {
    if (!Number.isInteger(id) || id < 0 || id >= MAX_SHARDS) {
      throw new TopologyError(`shard id ${id} is not an integer from 0 to ${MAX_SHARDS - 1}`);
    }
    if (ids.has(id)) throw new TopologyError(`shard id ${id} is configured twice`);
    ids.add(id);
    const endpoints = { id, writer: parseEndpoint(writer), readers: readers.map(parseEndpoint), access };
    const { host, port, database } = endpoints.writer;
    const place = `${host}:${port}/${database}`;
    const other = databases.get(place);
    if (other !== undefined)
      throw new TopologyError(`shards ${other} and ${id} have the same writer ${place}`);
    databases.set(place, id);
    return endpoints;
  });
}

/**
 * The shards of a comma-separated list of writer URLs, whose places are the shard ids, with the reader of each in
 * the same place of a second list.
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
