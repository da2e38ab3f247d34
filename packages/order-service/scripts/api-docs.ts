import { readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { generatedFiles } from '../src/http/openapi/generated.fixture.ts';

// Compares what is generated from the operations of the API with the files that the repository keeps; with --write, writes them.
const { values } = parseArgs({ options: { write: { type: 'boolean', default: false } } });

for (const { path, url, text } of generatedFiles()) {
  const kept = await readFile(url, 'utf8').catch(() => '');
  if (text === kept) {
    console.log(`${path} is current`);
  } else if (values.write) {
    await writeFile(url, text);
    console.log(`${path} is written`);
  } else {
    console.error(`${path} is not current: npm run api-docs -- --write`);
    process.exitCode = 1;
  }
}
