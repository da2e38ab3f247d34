import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { BusScene, until } from '../event-bus.fixture.ts';
import { announceMap, busMapNotifier, shardMapChanged } from './map-notifier.ts';

let scene: BusScene;

beforeAll(async () => {
  scene = await BusScene.create('map');
});

afterAll(() => scene.end());

const join = async (server: string, id: string) =>
  (await scene.instance(server, id, { events: [shardMapChanged] })).bus;

test('a router is told of maps of its cluster, also of one that came before it asked, until it asks no more', async () => {
  const operator = await join('rebalance', '1');
  const bus = await join('api', '1');
  await announceMap(operator, { clusterId: 'ours', version: 2 });
  await until('it was read', () => bus.counts.acted === 1);
  const notices: string[] = [];
  const unsubscribe = busMapNotifier(bus, 'ours').subscribe(() => notices.push('ours'));
  busMapNotifier(bus).subscribe(() => notices.push('any'));
  await until('both know', () => notices.length === 2);
  await announceMap(operator, { clusterId: 'theirs', version: 9 });
  await until('only one was told', () => notices.length === 3);
  unsubscribe();
  await announceMap(operator, { clusterId: 'ours', version: 3 });
  await until('only one was told again', () => notices.length === 4);
  expect(notices).toEqual(['ours', 'any', 'any', 'any']);
});
