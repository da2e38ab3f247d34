import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { asyncApiDocument } from '../src/schema/asyncapi.ts';
import { SCHEMA_FILES } from '../src/schema/json-schemas.ts';

// Writes the schemas of the events and their AsyncAPI document to docs/events, or says which of the files there are not
// what the code says.

const DOCS = new URL('../../../docs/events/', import.meta.url);

const files = new Map<URL, unknown>([
  [new URL('asyncapi.json', DOCS), asyncApiDocument()],
  ...Object.entries(SCHEMA_FILES).map(([name, schema]): [URL, unknown] => [
    new URL(`schemas/${name}`, DOCS),
    schema,
  ]),
]);

const write = process.argv.includes('--write');
if (write) await mkdir(new URL('schemas/', DOCS), { recursive: true });
for (const [file, content] of files) {
  const text = `${JSON.stringify(content, null, 2)}\n`;
  const there = await readFile(file, 'utf8').catch(() => undefined);
  if (there === text) continue;
  if (write) await writeFile(file, text);
  else {
    process.stderr.write(`${file.pathname} is stale: npm run events -- --write\n`);
    process.exitCode = 1;
  }
}
