import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { freePort } from '@ordershard/stack';
import { z } from 'zod';
import { BusScene, ping, rulesChanged, until } from './event-bus.fixture.ts';
import { defineRemoteEvent } from './events/remote-event.ts';
import { isAnonymousGroup } from './monitoring/anonymous-groups.ts';

let scene: BusScene;

beforeEach(async () => {
  scene = await BusScene.create('bus');
});

afterEach(() => scene.end());

test('an event reaches every instance, or one group of them, or one instance', async () => {
  const [a1, a2, r1, r2] = await Promise.all([
    scene.instance('api', '1'),
    scene.instance('api', '2'),
    scene.instance('relay', '1'),
    scene.instance('relay', '2'),
  ]);
  await a1.bus.publish(ping, { n: 1 });
  await a1.bus.publish(ping, { n: 2 }, { to: 'relay' });
  await a1.bus.publish(ping, { n: 3 }, { to: 'api' });
  await r1.bus.publish(ping, { n: 4 }, { to: 'api:2' });
  await r1.bus.publish(ping, { n: 5 }, { to: 'nobody' });
  await scene.allRead(a1, a2, r1, r2);
  expect(a1.acted).toEqual([{ n: 1 }, { n: 3 }]);
  expect(a2.acted).toEqual([{ n: 1 }, { n: 3 }, { n: 4 }]);
  expect(r1.acted).toEqual([{ n: 1 }, { n: 2 }]);
  expect(r2.acted).toEqual([{ n: 1 }, { n: 2 }]);
  expect(r2.bus.counts).toMatchObject({ acted: 3, elsewhere: 3 });
});

test('each instance is a consumer group of its own, which metrics can leave out', async () => {
  const instances = await Promise.all([scene.instance('api', '1'), scene.instance('api', '2')]);
  const groups = await scene.admin(async (admin) => [...(await admin.listGroups()).keys()]);
  for (const { bus } of instances) {
    expect(groups).toContain(bus.groupId);
    expect(isAnonymousGroup(bus.groupId)).toBe(true);
  }
  expect(instances[0]!.bus.groupId).not.toBe(instances[1]!.bus.groupId);
});

test('the publisher acts first, and once', async () => {
  const [publisher, other] = await Promise.all([scene.instance('api', '1'), scene.instance('api', '2')]);
  let reload!: () => void;
  const reloading = new Promise<void>((resolve) => {
    reload = resolve;
  });
  publisher.bus.on(rulesChanged, () => reloading);
  const published = publisher.bus.publish(rulesChanged, { set: 'fees', version: 1 });
  expect(publisher.acted).toEqual([{ set: 'fees', version: 1 }]);
  await scene.allRead(other);
  expect(other.acted).toEqual([]);
  reload();
  await published;
  await scene.allRead(publisher, other);
  expect(publisher.acted).toEqual([{ set: 'fees', version: 1 }]);
  expect(other.acted).toEqual([{ set: 'fees', version: 1 }]);
  expect(publisher.bus.counts).toMatchObject({ own: 1 });
});

test('a publisher that cannot act itself tells nobody', async () => {
  const [publisher, other] = await Promise.all([scene.instance('api', '1'), scene.instance('api', '2')]);
  const off = publisher.bus.on(ping, () => {
    throw new Error('no such rules');
  });
  await expect(publisher.bus.publish(ping, { n: 1 })).rejects.toMatchObject({
    code: 'EVENT_BUS_OWN_HANDLER',
    retryable: true,
    cause: new Error('no such rules'),
  });
  off();
  await publisher.bus.publish(ping, { n: 2 });
  await scene.allRead(other);
  expect(other.acted).toEqual([{ n: 2 }]);
});

test('who joins late is given the last of each state, and no other event of the past', async () => {
  const early = await scene.instance('api', '1');
  for (const version of [1, 2]) await early.bus.publish(rulesChanged, { set: 'fees', version });
  await early.bus.publish(ping, { n: 1 });
  await early.bus.publish(rulesChanged, { set: 'hours', version: 1 });
  await early.bus.publish(rulesChanged, { set: 'secret', version: 1 }, { to: 'relay' });
  const late = await scene.instance('api', '2');
  await scene.allRead(late);
  expect(late.acted).toEqual([
    { set: 'fees', version: 2 },
    { set: 'hours', version: 1 },
  ]);
  await early.bus.publish(rulesChanged, { set: 'fees', version: 3 });
  await scene.allRead(late);
  expect(late.acted.slice(2)).toEqual([{ set: 'fees', version: 3 }]);
  const again = await scene.instance('api', '1', { readBack: 0 });
  await scene.allRead(again);
  expect(again.acted).toEqual([]);
});

test('an instance that starts again under its name is told of what it published before', async () => {
  const before = await scene.instance('api', '1');
  await before.bus.publish(rulesChanged, { set: 'fees', version: 1 });
  await before.bus.close();
  const after = await scene.instance('api', '1');
  await until('it knows', () => after.acted.length === 1);
  expect(after.acted).toEqual([{ set: 'fees', version: 1 }]);
});

test('an event that Kafka delivers twice is acted on once', async () => {
  const [publisher, other] = await Promise.all([scene.instance('api', '1'), scene.instance('api', '2')]);
  await publisher.bus.publish(ping, { n: 1 });
  const [value] = await scene.read(1);
  await scene.write(value!, value!);
  await scene.allRead(publisher, other);
  expect(publisher.acted).toEqual([{ n: 1 }]);
  expect(other.acted).toEqual([{ n: 1 }]);
  expect(other.bus.counts).toMatchObject({ duplicate: 2 });
  expect(publisher.bus.counts).toMatchObject({ own: 3 });
});

test('unknown types and bodies that do not pass are counted, and do no harm', async () => {
  const newer = defineRemoteEvent('of.a.newer.version', z.object({}));
  const looser = defineRemoteEvent('ping', z.object({ n: z.string() }));
  const instance = await scene.instance('api', '1');
  const other = await scene
    .instance('api', '2', { events: [newer, looser, rulesChanged] })
    .then(({ bus }) => bus);
  await other.publish(newer, {});
  await other.publish(looser, { n: 'one' });
  await scene.write('', '{', 'null', '{"id":7}');
  await scene.allRead(instance);
  expect(instance.acted).toEqual([]);
  expect(instance.bus.counts).toMatchObject({ unknownType: 1, invalid: 5, acted: 1 });
  expect(instance.bus.problem).toBeUndefined();
});

describe('is refused', () => {
  test('what cannot be published', async () => {
    const { bus, acted } = await scene.instance('api', '1');
    const unknown = defineRemoteEvent('unknown', z.object({}));
    const refused = { code: 'EVENT_BUS_INVALID_EVENT', retryable: false };
    await expect(bus.publish(unknown, {})).rejects.toMatchObject(refused);
    expect(() => bus.on(unknown, () => undefined)).toThrow('was not told of');
    await expect(bus.publish(ping, { n: 1.5 })).rejects.toMatchObject(refused);
    await expect(bus.publish(ping, { n: 1n as unknown as number })).rejects.toMatchObject(refused);
    await expect(bus.publish(ping, { n: 1 }, { to: 'a b' })).rejects.toMatchObject(refused);
    const large = { set: 'x'.repeat(70_000), version: 1 };
    await expect(bus.publish(rulesChanged, large)).rejects.toMatchObject(refused);
    expect(acted).toEqual([]);
  });

  test('a name that is none', async () => {
    await expect(scene.instance('api:1', '1')).rejects.toMatchObject({ code: 'EVENT_BUS_INVALID_EVENT' });
  });

  test('a topic of several partitions', async () => {
    await scene.admin((admin) => admin.createTopics({ topics: [scene.topic], partitions: 2, replicas: 1 }));
    await expect(scene.instance('api', '1')).rejects.toMatchObject({
      code: 'EVENT_BUS_TOPIC',
      retryable: false,
    });
  });

  test('a broker that is not there', async () => {
    const brokers = [`127.0.0.1:${await freePort()}`];
    await expect(scene.instance('api', '1', { brokers })).rejects.toMatchObject({
      code: 'EVENT_BUS_UNAVAILABLE',
      retryable: true,
    });
  });

  test('a bus that is not joined in time', async () => {
    await expect(scene.instance('api', '1', { limits: { join: 0 } })).rejects.toMatchObject({
      code: 'EVENT_BUS_UNAVAILABLE',
      retryable: true,
    });
  });

  test('a bus that is closed', async () => {
    const { bus } = await scene.instance('api', '1');
    await bus.close();
    await bus.close();
    const closed = { code: 'EVENT_BUS_CLOSED', retryable: false };
    await expect(bus.publish(ping, { n: 1 })).rejects.toMatchObject(closed);
    expect(() => bus.on(ping, () => undefined)).toThrow(expect.objectContaining(closed));
    expect(bus.problem).toBe('closed');
  });
});

test('closing waits for what is being published and for the handlers, and leaves the group', async () => {
  const [publisher, other] = await Promise.all([scene.instance('api', '1'), scene.instance('api', '2')]);
  const done: string[] = [];
  let begun!: () => void;
  const handling = new Promise<void>((resolve) => {
    begun = resolve;
  });
  let go!: () => void;
  const gate = new Promise<void>((resolve) => {
    go = resolve;
  });
  other.bus.on(ping, async () => {
    begun();
    await gate;
    done.push('handled');
  });
  const published = publisher.bus.publish(ping, { n: 1 }).then(() => done.push('published'));
  const closed = publisher.bus.close().then(() => done.push('closed'));
  await Promise.all([published, closed, handling]);
  expect(done).toEqual(['published', 'closed']);
  const closing = other.bus.close().then(() => done.push('closed'));
  go();
  await closing;
  expect(done).toEqual(['published', 'closed', 'handled', 'closed']);
  const [group] = await scene.admin(async (admin) => [
    ...(await admin.describeGroups({ groups: [other.bus.groupId] })).values(),
  ]);
  expect(group?.members.size).toBe(0);
});
