import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { SettingsError } from '@ordershard/process';
import { TABLES } from './cli/registry.fixture.ts';
import { readOperatorSettings } from './settings.ts';

/** As npm starts a command that was called in another folder. */
const env = {
  ORDERSHARD_MYSQL_URLS: 'mysql://a@h:1/x',
  npm_package_json: join(process.cwd(), 'package.json'),
  INIT_CWD: join(import.meta.dirname, 'cli'),
};

test('a registry is named from where the operator is', async () => {
  const settings = await readOperatorSettings({ ...env, ORDERSHARD_REGISTRY: './registry.fixture.ts' });
  expect(settings.application.TABLES).toEqual(TABLES);
});

test('one that is not there is refused with the name of its setting', async () => {
  const reading = readOperatorSettings({ ...env, ORDERSHARD_REGISTRY: './registry.ts' });
  await expect(reading).rejects.toThrow(SettingsError);
  await expect(reading).rejects.toThrow(/ORDERSHARD_REGISTRY: \.\/registry\.ts cannot be imported/);
});
