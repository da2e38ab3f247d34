import type { ShardSession } from '../../pools/session.ts';
import { type AccessOption, withShardSessions } from '../../pools/with-shard-sessions.ts';
import type { ShardConfig } from '../../topology/config.ts';
import { differences } from './line-diff.ts';
import { formatSchema, type Schema, schemaOf } from './schema-of.ts';

/** One object that differs between a shard and the shard that it is compared with. */
export interface ObjectDrift {
  /** Such as `TABLE orders`. */
  readonly object: string;
  /** `missing` here, `extra` here, or `different`. */
  readonly kind: 'missing' | 'extra' | 'different';
  /** Lines of the definition, `-` as it should be and `+` as it is here. */
  readonly lines: readonly string[];
}

/** How the schema of a shard differs from that of most others. */
export interface ShardDrift {
  readonly shard: number;
  /**
   * A shard that has the most common schema. If several schemas are equally common, the one of the lowest shard id counts.
   */
  readonly against: number;
  readonly objects: readonly ObjectDrift[];
}

/**
 * Compares the schemas of all shards, and returns each shard whose schema differs from the most common one. Empty when all
 * are the same. Counters, daily partitions and definers do not count.
 *
 * @throws ShardUnavailableError when a shard cannot be reached
 */
export async function checkDrift(
  shards: readonly ShardConfig[],
  options: AccessOption = {},
): Promise<readonly ShardDrift[]> {
  const schemas = await withShardSessions(
    shards,
    async (session) => ({
      shard: session.shard,
      schema: await schemaOf(session),
    }),
    options,
  );
  const alike = Map.groupBy(
    schemas.toSorted((a, b) => a.shard - b.shard),
    ({ schema }) => formatSchema(schema),
  );
  const [most, ...rest] = [...alike.values()].toSorted((a, b) => b.length - a.length);
  const { shard: against, schema: expected } = most![0]!;
  return rest
    .flat()
    .map(({ shard, schema }) => ({ shard, against, objects: compareSchemas(expected, schema) }))
    .toSorted((a, b) => a.shard - b.shard);
}

/** Returns the objects in which `actual` differs from `expected`. */
export function compareSchemas(expected: Schema, actual: Schema): readonly ObjectDrift[] {
  const named = (schema: Schema) => new Map(schema.map(({ kind, name, sql }) => [`${kind} ${name}`, sql]));
  const [wanted, found] = [named(expected), named(actual)];
  const drifts: ObjectDrift[] = [];
  for (const [object, sql] of wanted) {
    const other = found.get(object);
    if (other === sql) continue;
    drifts.push(
      other === undefined
        ? { object, kind: 'missing', lines: sql.split('\n').map((line) => `-${line}`) }
        : { object, kind: 'different', lines: differences(sql, other) },
    );
  }
  for (const [object, sql] of found) {
    if (!wanted.has(object))
      drifts.push({ object, kind: 'extra', lines: sql.split('\n').map((line) => `+${line}`) });
  }
  return drifts;
}

/**
 * Returns a shard's schema as text, the same for equal shards. A repository keeps it to show a migration's effect in review.
 */
export async function dumpSchema(session: ShardSession): Promise<string> {
  return formatSchema(await schemaOf(session));
}
