import type { ShardSession } from '../../pools/session.ts';
import { listPrograms, listTables, showCreate } from '../../sql/show-schema.ts';
import type { SchemaObject } from '../classify.ts';

/** An object of a database with the statement that creates it. */
export interface SchemaDefinition extends SchemaObject {
  readonly sql: string;
}

/** The objects of a database: first tables and views by name, then programs by kind and name. */
export type Schema = readonly SchemaDefinition[];

const RUNNERS_OWN = /^ordershard_migration/;

/**
 * Reads the schema of a shard without what may differ between equal shards: counters, the daily partitions, who defined
 * what. The tables in which migrations are noted are left out.
 */
export async function schemaOf(session: ShardSession): Promise<Schema> {
  const objects = [...(await listTables(session)), ...(await listPrograms(session))];
  const schema: SchemaDefinition[] = [];
  for (const object of objects) {
    if (RUNNERS_OWN.test(object.name)) continue;
    const shown = await showCreate(session, object);
    if (shown === undefined) continue; // Dropped just now.
    schema.push({ ...object, sql: normalise(shown.sql, shown.sqlMode) });
  }
  return schema;
}

/** Removes from a definition that a server shows all that may differ between equal shards. */
export function normalise(shown: string, sqlMode?: string): string {
  const sql = shown
    .replaceAll('\r\n', '\n')
    .replace(/ AUTO_INCREMENT=\d+/, '')
    .replace(/ DEFINER=`[^`]*`@`[^`]*`/, '')
    .replace(/(PARTITION BY RANGE(?: +COLUMNS)? *\([^\n]*\))\n\(PARTITION [^]*\)(?=( \*\/)?$)/, '$1')
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
    .trim();
  return sqlMode === undefined ? sql : `-- sql_mode: ${sqlMode}\n${sql}`;
}

/** A schema as text: a dump that two equal shards share, fit for a diff. */
export function formatSchema(schema: Schema): string {
  const entries = schema.map(({ kind, sql }) =>
    kind === 'TABLE' || kind === 'VIEW' ? `${sql};\n` : `DELIMITER //\n${sql}//\nDELIMITER ;\n`,
  );
  return entries.join('\n');
}
