import { expect, test } from '@jest/globals';
import { PublishError } from '../../errors.ts';
import type { Message } from '../message.ts';
import type { Publisher, Withheld } from '../publisher.ts';
import { TwoFormsPublisher } from './two-forms-publisher.ts';

/** Notes what it is given, and withholds some. */
class Noting implements Publisher {
  readonly taken: string[] = [];
  readonly partitions = undefined;
  fails = false;
  readonly #withheld: readonly Withheld[];

  constructor(withheld: readonly Withheld[] = []) {
    this.#withheld = withheld;
  }

  async prepare(): Promise<void> {}

  async publish(messages: readonly Message[]): Promise<readonly Withheld[]> {
    if (this.fails) throw new PublishError('the broker is away');
    this.taken.push(...messages.map(({ key, value }) => `${key} ${value.toString()}`));
    return this.#withheld;
  }

  async close(): Promise<void> {
    this.taken.push('closed');
  }
}

const message = (key: string): Message => ({
  key,
  value: Buffer.from('{"number":"…"}'),
  headers: { ce_subject: key, ce_sequence: '2' },
});

test('each event goes to both topics, to the second without its information', async () => {
  const [snapshots, events] = [new Noting(), new Noting()];
  const publisher = new TwoFormsPublisher(snapshots, events);
  expect(await publisher.publish([message('1'), message('2')])).toEqual([]);
  expect(snapshots.taken).toEqual(['1 {"number":"…"}', '2 {"number":"…"}']);
  expect(events.taken).toEqual(['1 {"number":"1","version":2}', '2 {"number":"2","version":2}']);
  await publisher.close();
  expect([snapshots.taken.at(-1), events.taken.at(-1)]).toEqual(['closed', 'closed']);
});

test('what is not published is not told of; places are those of the whole', async () => {
  const snapshots = new Noting([{ index: 0, reason: 'too large' }]);
  const events = new Noting([{ index: 1, reason: 'refused' }]);
  const publisher = new TwoFormsPublisher(snapshots, events);
  expect(await publisher.publish(['1', '2', '3'].map(message))).toEqual([
    { index: 0, reason: 'too large' },
    { index: 2, reason: 'refused' },
  ]);
  expect(events.taken.map((text) => text[0])).toEqual(['2', '3']);
});

test('what the first topic has taken does not go there again while the second is away', async () => {
  const [snapshots, events] = [new Noting(), new Noting()];
  const publisher = new TwoFormsPublisher(snapshots, events);
  const messages = ['1', '2'].map(message);
  events.fails = true;
  await expect(publisher.publish(messages)).rejects.toThrow(PublishError);
  await expect(publisher.publish(messages)).rejects.toThrow(PublishError);
  events.fails = false;
  expect(await publisher.publish(messages)).toEqual([]);
  expect([snapshots.taken.length, events.taken.length]).toEqual([2, 2]);
  await publisher.publish([message('3')]);
  expect([snapshots.taken.length, events.taken.length]).toEqual([3, 3]);
});
