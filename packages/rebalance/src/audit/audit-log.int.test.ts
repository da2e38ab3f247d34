import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  migrateShards,
  openShardSessions,
  ROUTER_MIGRATIONS,
  type ShardConfig,
  type ShardSessions,
  shardsFromUrls,
} from '@ordershard/shard-router';
import { type Namespace, testNamespace } from '@ordershard/stack';
import { AuditUnavailableError, NotConfirmedError, StoppedError } from '../errors.ts';
import { audited, readHistory } from './audit-log.ts';

let namespace: Namespace;
let shards: readonly ShardConfig[];
let sessions: ShardSessions;

beforeAll(async () => {
  namespace = await testNamespace('audit');
  shards = shardsFromUrls(namespace.env['ORDERSHARD_MYSQL_URLS']!.split(','));
  sessions = openShardSessions(shards.toReversed());
});

afterAll(async () => {
  await sessions.close();
  await namespace.drop();
});

const action = (name: string) => ({
  action: name,
  reason: 'a test',
  actor: 'someone',
  arguments: { shard: 3, below: 2n ** 62n },
});

test('no action goes without its row', async () => {
  let ran = false;
  const refused = audited(sessions, action('early'), () => Promise.resolve((ran = true)));
  await expect(refused).rejects.toThrow(AuditUnavailableError);
  await expect(refused).rejects.toThrow(/shard 0 .* migrate/);
  expect(ran).toBe(false);
});

test('the log says who, what, why and how it ended, newest first, on the shard with the lowest id', async () => {
  await migrateShards(shards, [ROUTER_MIGRATIONS]);
  const during = await audited(sessions, action('good'), () => readHistory(sessions, 1));
  expect(during).toMatchObject([{ action: 'good', outcome: 'running', ended_at: null }]);
  for (const [name, error] of [
    ['refused', new NotConfirmedError('no')],
    ['stopped', new StoppedError('stopped')],
    ['failed', new Error('it broke')],
  ] as const)
    await expect(audited(sessions, action(name), () => Promise.reject(error))).rejects.toBe(error);
  const rows = await readHistory(sessions, 10);
  expect(rows.map(({ action: name, outcome, detail }) => [name, outcome, detail])).toEqual([
    ['failed', 'failed', 'it broke'],
    ['stopped', 'stopped', 'REBALANCE_STOPPED: stopped'],
    ['refused', 'refused', 'REBALANCE_NOT_CONFIRMED: no'],
    ['good', 'done', null],
  ]);
  expect(rows[0]).toMatchObject({
    actor: 'someone',
    reason: 'a test',
    place: expect.stringMatching(/:\d+$/),
  });
  expect(JSON.parse(rows[0]!.arguments)).toEqual({ shard: 3, below: '4611686018427387904' });
  const others = await sessions.onShard(1, (session) => session.query('SELECT id FROM operator_actions'));
  expect(others).toEqual([]);
});

test('when the log cannot be completed, the action ends as it did', async () => {
  const drop = () =>
    sessions.onShard(0, (session) =>
      session.execute('RENAME TABLE operator_actions TO operator_actions_away'),
    );
  const result = await audited(sessions, action('unlogged'), async () => {
    await drop();
    return 'done';
  });
  expect(result).toBe('done');
  await sessions.onShard(0, (session) =>
    session.execute('RENAME TABLE operator_actions_away TO operator_actions'),
  );
  expect(await readHistory(sessions, 1)).toMatchObject([{ action: 'unlogged', outcome: 'running' }]);
});
