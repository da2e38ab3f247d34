import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { workerProperties } from '../../parts/connect/settings.ts';
import { brokerProperties } from '../../parts/kafka/settings.ts';
import { MONGOD_OPTIONS } from '../../parts/mongodb/settings.ts';
import { initialiseSql, mysqldOptions } from '../../parts/mysql/settings.ts';
import { versions } from '../../versions.ts';

/** A file of `docker/`. Fixed text of the repository, as a fixture is. */
function docker(name: string): string {
  return readFileSync(new URL(`../../../../../docker/${name}`, import.meta.url), 'utf8');
}

const compose = docker('compose.yaml');

describe('docker/compose.yaml', () => {
  test('names the pinned images, under the settings by which they are replaced', () => {
    const images = [...compose.matchAll(/\$\{ORDERSHARD_IMAGE_(\w+):-([^}]+)\}/g)].map(([, part, image]) => [
      part,
      image,
    ]);
    expect(Object.fromEntries(images)).toEqual({
      MYSQL: versions.mysql['9'].image,
      KAFKA: versions.kafka.image,
      MONGODB: versions.mongodb.image,
      REDIS: versions.redis.image,
      CONNECT: versions.connect.image,
    });
  });

  test('has no image beside those', () => {
    expect(compose.match(/^\s*image:/gm)).toHaveLength(
      compose.match(/image: \$\{ORDERSHARD_IMAGE_/g)?.length ?? 0,
    );
  });

  test('gives each shard the server id that the stack gives it', () => {
    const ids = [...compose.matchAll(/--server-id=(\d+)/g)].map(([, id]) => Number(id));
    expect(ids).toEqual([1_001, 1_002]);
  });

  test("runs mongod with the stack's options", () => {
    expect(compose).toContain(`mongod ${MONGOD_OPTIONS.join(' ')} `);
  });

  test('publishes on 127.0.0.1 only, where compose.env says', () => {
    const published = [...compose.matchAll(/ports: \['([^']+)'\]/g)].map(([, port]) => port ?? '');
    expect(published).toHaveLength(5);
    for (const port of published) expect(port).toMatch(/^127\.0\.0\.1:/);
    const named = [...docker('compose.env').matchAll(/127\.0\.0\.1:(\d+)/g)].map(([, port]) => port);
    expect(named).toEqual(['13306', '13307', '19092', '27117']);
    for (const port of named)
      expect(published.some((entry) => entry.startsWith(`127.0.0.1:${port}:`))).toBe(true);
  });
});

/** Options of the command line as an option file; the server's id is its own. */
function optionFile(options: readonly string[]): string {
  const lines = options
    .filter((option) => !option.startsWith('--server-id'))
    .map((option) => option.slice(2));
  return `[mysqld]\n${lines.join('\n')}\n`;
}

describe('docker/settings', () => {
  test.each([
    ['mysql.sql', initialiseSql()],
    ['mysqld.cnf', optionFile(mysqldOptions('9', 'shard', 0))],
    [
      'server.properties',
      brokerProperties({
        bind: '0.0.0.0',
        port: 19092,
        controllerPort: 9093,
        logDir: '/var/lib/kafka/data/ordershard',
      }),
    ],
    [
      'worker.properties',
      workerProperties({
        brokers: '127.0.0.1:19092',
        listener: 'http://127.0.0.1:18083',
        pluginPath: '/tmp/plugins',
      }),
    ],
  ])("%s is the stack's own", (name, expected) => expect(docker(`settings/${name}`)).toBe(expected));
});

test('each pinned image carries the pinned version', () => {
  const pins = [
    ...Object.values(versions.mysql),
    versions.kafka,
    versions.mongodb,
    versions.redis,
    versions.connect,
  ];
  for (const { image, version } of pins) expect(image.split(':')[1]).toBe(version);
});
