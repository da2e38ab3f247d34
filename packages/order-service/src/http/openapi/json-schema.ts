import { z } from 'zod';
import { LARGEST_INT64 } from '../schemas/fields.ts';

export type JsonSchema = Readonly<Record<string, unknown>>;

const COMPONENTS = '#/components/schemas/';

/** A value of a limit that a double holds, or none: a limit must not be another number than the one that is meant. */
const limitOf = (value: bigint): number | undefined =>
  value <= BigInt(Number.MAX_SAFE_INTEGER) && value >= BigInt(Number.MIN_SAFE_INTEGER)
    ? Number(value)
    : undefined;

/** What goes in: what a transform makes of it concerns nobody outside. */
const OPTIONS = {
  io: 'input',
  // Integers of bodies are bigints; JSON Schema knows integers.
  unrepresentable: 'any',
  uri: (id: string) => `${COMPONENTS}${id}`,
  override: ({
    zodSchema,
    jsonSchema,
  }: {
    zodSchema: z.core.$ZodType;
    jsonSchema: Record<string, unknown>;
  }) => {
    if (!(zodSchema instanceof z.ZodBigInt)) return;
    const [least, most] = [zodSchema.minValue ?? -LARGEST_INT64 - 1n, zodSchema.maxValue ?? LARGEST_INT64];
    jsonSchema['type'] = 'integer';
    if (most > BigInt(Number.MAX_SAFE_INTEGER)) jsonSchema['format'] = 'int64';
    for (const [key, value] of [
      ['minimum', limitOf(least)],
      ['maximum', limitOf(most)],
    ] as const) {
      if (value !== undefined) jsonSchema[key] = value;
    }
  },
} as const;

/** The JSON Schema of each schema that has an id, by id. */
export function componentSchemas(): Readonly<Record<string, JsonSchema>> {
  const { schemas } = z.toJSONSchema(z.globalRegistry, OPTIONS);
  return Object.fromEntries(
    Object.entries(schemas)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([id, schema]) => [
        id,
        Object.fromEntries(Object.entries(schema).filter(([key]) => !['$schema', '$id', 'id'].includes(key))),
      ]),
  );
}

/** A reference to a schema that has an id; any other schema in place. */
export function schemaOf(schema: z.ZodType): JsonSchema {
  const { id } = z.globalRegistry.get(schema) ?? {};
  if (typeof id === 'string') return { $ref: `${COMPONENTS}${id}` };
  const { $schema: _, pattern, ...rest } = z.toJSONSchema(schema, OPTIONS);
  // Integers of queries are texts, with a pattern; outside they are integers.
  return pattern === undefined || rest.type === 'integer' ? rest : { ...rest, pattern };
}
