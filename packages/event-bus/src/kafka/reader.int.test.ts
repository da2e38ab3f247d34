import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { BusScene, until } from '../event-bus.fixture.ts';
import { anonymousGroup } from '../monitoring/anonymous-groups.ts';
import { Reader } from './reader.ts';
import { ensureBusTopic } from './topic.ts';

let scene: BusScene;
let read: string[];
let caughtUp: number;

beforeEach(async () => {
  scene = await BusScene.create('reader');
  await ensureBusTopic({ brokers: scene.brokers, clientId: 'test' }, scene.topic, 1);
  read = [];
  caughtUp = 0;
});

afterEach(() => scene.end());

/** A reader that notes what it reads, with a `<` before what is of the past, and a `|` where that ends. */
function reader(readBack: number): Reader {
  return new Reader(
    { brokers: scene.brokers, clientId: 'test', topic: scene.topic, groupId: anonymousGroup(), readBack },
    {
      message: (value, past) => {
        read.push(`${past ? '<' : ''}${String(value)}`);
      },
      caughtUp: () => {
        caughtUp += 1;
        read.push('|');
      },
      failed: (reason) => read.push(reason),
    },
  );
}

/** Reads until a condition holds. */
async function readUntil(
  from: Reader,
  what: string,
  condition: () => boolean,
  meanwhile?: () => Promise<void>,
) {
  const stopping = new AbortController();
  const running = from.run(stopping.signal);
  try {
    await until('it reads', () => caughtUp > 0);
    await meanwhile?.();
    await until(what, condition);
  } finally {
    stopping.abort();
    await running;
  }
}

test('the last messages are read as the past, then what comes', async () => {
  await scene.write('1', '2', '3', '4');
  await readUntil(
    reader(2),
    'the fifth is read',
    () => read.includes('5'),
    () => scene.write('5'),
  );
  expect(read).toEqual(['<3', '<4', '|', '5']);
});

test.each([
  ['commit', ['<1', '<2', '|', '3']],
  ['abort', ['<1', '|', '3']],
] as const)(
  'a past that ends with the %s of a transaction ends, and what comes is read',
  async (end, all) => {
    await scene.write('1');
    await scene.writeInTransaction('2', end);
    await readUntil(
      reader(10),
      'the third is read',
      () => read.includes('3'),
      () => scene.write('3'),
    );
    expect(read).toEqual(all);
  },
);

test('a message is dealt with before the next one is taken', async () => {
  await scene.write('1', '2', '3');
  const steps: string[] = [];
  const slow = new Reader(
    { brokers: scene.brokers, clientId: 'test', topic: scene.topic, groupId: anonymousGroup(), readBack: 10 },
    {
      message: async (value) => {
        steps.push(`begin ${String(value)}`);
        await new Promise((resolve) => setImmediate(resolve));
        steps.push(`end ${String(value)}`);
      },
      caughtUp: () => {
        caughtUp += 1;
      },
      failed: (reason) => steps.push(reason),
    },
  );
  await readUntil(slow, 'the third is dealt with', () => steps.includes('end 3'));
  expect(steps).toEqual(['begin 1', 'end 1', 'begin 2', 'end 2', 'begin 3', 'end 3']);
});

test('what was written while it was away is read when it is back, as new, and nothing twice', async () => {
  const one = reader(1_000);
  await readUntil(
    one,
    'the first is read',
    () => read.includes('1'),
    () => scene.write('1'),
  );
  await scene.write('2', '3');
  await readUntil(one, 'the third is read', () => read.includes('3'));
  expect(read).toEqual(['|', '1', '|', '2', '3']);
});

test('where it was is gone when it is back: it joins anew', async () => {
  const one = reader(2);
  await readUntil(
    one,
    'the first is read',
    () => read.includes('1'),
    () => scene.write('1'),
  );
  await scene.write('2', '3', '4', '5');
  await scene.admin((admin) =>
    admin.deleteRecords({ topics: [{ name: scene.topic, partitions: [{ partition: 0, offset: 3n }] }] }),
  );
  await readUntil(one, 'the fifth is read', () => read.includes('<5'));
  expect(read).toEqual(['|', '1', '<4', '<5', '|']);
});
