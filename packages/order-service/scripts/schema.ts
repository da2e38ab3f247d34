import { readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { shardsFromUrls } from '@ordershard/shard-router';
import { startStack } from '@ordershard/stack';
import { migrate } from '../src/migrate.ts';
import { SCHEMA_FILE, schemaFileOf } from '../src/schema.fixture.ts';

// Compares migrations/schema.sql with what the migrations make on a fresh shard; with --write, writes it.
const { values } = parseArgs({ options: { write: { type: 'boolean', default: false } } });

const stack = await startStack({ ephemeral: true, shards: 1, parts: ['mysql'], env: {} });
try {
  const shards = shardsFromUrls(stack.env['ORDERSHARD_MYSQL_URLS']!.split(','));
  await migrate('schema', shards);
  const made = await schemaFileOf(shards[0]!);
  const kept = await readFile(SCHEMA_FILE, 'utf8').catch(() => '');
  if (made === kept) {
    console.log('migrations/schema.sql is what the migrations make');
  } else if (values.write) {
    await writeFile(SCHEMA_FILE, made);
    console.log('migrations/schema.sql is written');
  } else {
    console.error('migrations/schema.sql is not what the migrations make: npm run schema -- --write');
    process.exitCode = 1;
  }
} finally {
  await stack.stop();
}
