import { describe, expect, test } from '@jest/globals';
import type { CommanderError } from 'commander';
import { demoCommand, type DemoSettings } from './settings.ts';

async function parse(...args: string[]): Promise<DemoSettings | string> {
  let settings: DemoSettings | undefined;
  const command = demoCommand((given) => {
    settings = given;
    return Promise.resolve();
  });
  command.configureOutput({ writeErr: () => undefined, writeOut: () => undefined });
  try {
    await command.parseAsync(args, { from: 'user' });
  } catch (error) {
    return (error as CommanderError).message;
  }
  return settings!;
}

describe('settings', () => {
  test('have defaults', async () => {
    expect(await parse()).toMatchObject({
      orders: 5_000,
      seed: 1,
      concurrency: 48,
      json: false,
      keep: false,
      chaos: false,
      stop: false,
    });
  });

  test('are read', async () => {
    expect(
      await parse(
        '--orders',
        '100',
        '--seed',
        '7',
        '--rate',
        '12.5',
        '--shards',
        '3',
        '--mysql',
        '8.0',
        '--json',
        '--chaos',
      ),
    ).toMatchObject({ orders: 100, seed: 7, rate: 12.5, shards: 3, mysql: '8.0', json: true, chaos: true });
  });

  test.each([
    [['--orders', '0']],
    [['--orders', '1.5']],
    [['--orders', '1e3']],
    [['--rate', '-1']],
    [['--rate', '0']],
    [['--shards', '65']],
    [['--mysql', '5.7']],
    [['--seed', 'x']],
    [['--concurrency', '0']],
    [['--orders', '5', '--input', 'x.csv']],
    [['--unknown']],
    [['extra']],
  ])('refuses %j', async (args) => expect(typeof (await parse(...args))).toBe('string'));
});
