import { expect, test } from '@jest/globals';
import type { Message } from '../message.ts';
import type { Publisher, Withheld } from '../publisher.ts';
import { TwoFormsPublisher } from './two-forms-publisher.ts';

/** Notes what it is given, and withholds some. */
class Noting implements Publisher {
  readonly taken: string[] = [];
  readonly #withheld: readonly Withheld[];

  constructor(withheld: readonly Withheld[] = []) {
    this.#withheld = withheld;
  }

  async publish(messages: readonly Message[]): Promise<readonly Withheld[]> {
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
