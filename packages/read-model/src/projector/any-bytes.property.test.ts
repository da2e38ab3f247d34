import { expect, test } from '@jest/globals';
import { array, assert, property } from 'fast-check';
import { BSON } from 'mongodb';
import { cutRecordOf, bytesOf, recordOf } from '../failures/record.ts';
import { keyText, letterOf } from '../failures/letter.ts';
import { provenanceOf, withProvenance } from '../failures/provenance.ts';
import { stopOf } from '../failures/route.ts';
import { listEntry } from '../projections/list-entry.ts';
import { orderView } from '../projections/order-view.ts';
import { maxBytesOf } from '../views/document-bytes.ts';
import { anyMessage } from './any-bytes.fixture.ts';
import { Lanes } from './lanes.ts';
import { deadLetterOf, type SourceMessage } from './message.ts';
import { type Project, readWork } from './read-work.ts';
import { sequenceOf } from './sequence.ts';

const RUNS = 600;
/** What views are made by. */
const PROJECTIONS: readonly Project<object>[] = [orderView, listEntry];
const NOW = new Date('2026-11-30T00:00:00.000Z');
const OPTIONS = { topic: 't', delaysMs: [1_000, 2_000], group: 'g', release: 'r' };

/** A failed message's headers as a reader gets them again. */
const again = (message: SourceMessage, topic: string): SourceMessage => {
  const stop = stopOf(deadLetterOf(message, new Error('x')), OPTIONS, NOW);
  const headers = [...withProvenance(message.headers, stop.provenance)] as SourceMessage['headers'];
  return { ...message, headers, topic };
};

test('any message is a view, a reference to an order or a dead letter of a reason with a code', () => {
  const seen = { views: 0, references: 0, deadLetters: 0 };
  assert(
    property(anyMessage, (message) => {
      const sequence = sequenceOf(message);
      expect(sequence === undefined || (Number.isSafeInteger(sequence) && sequence > 0)).toBe(true);
      for (const project of PROJECTIONS) {
        const { views, references, deadLetters } = readWork([{ messages: [message], fresh: false }], project);
        expect(views.length + references.length + deadLetters.length).toBe(1);
        for (const { view } of views)
          expect(maxBytesOf(view)).toBeGreaterThanOrEqual(BSON.calculateObjectSize(view));
        for (const { reason } of deadLetters) expect(reason).toMatch(/^(ORDER_EVENTS|READ_MODEL)_[A-Z_]+: /);
        seen.views += views.length;
        seen.references += references.length;
        seen.deadLetters += deadLetters.length;
      }
    }),
    { numRuns: RUNS },
  );
  expect(Math.min(seen.views, seen.deadLetters)).toBeGreaterThan(30);
});

test('any message that fails goes round, is kept whole or cut, and is a letter, with where it came from', () => {
  assert(
    property(anyMessage, (message) => {
      const { topic, stage, provenance } = stopOf(deadLetterOf(message, new Error('x')), OPTIONS, NOW);
      expect([topic, stage]).toEqual(['t.dlq', undefined]);
      const record = recordOf(message, provenance, { topic });
      expect(bytesOf(record)).toBeGreaterThan(message.value?.length ?? 0);
      expect(bytesOf(cutRecordOf(message, provenance, { topic }))).toBeLessThan(5_000);
      const stored = again(message, topic);
      expect(provenanceOf(stored.headers)).toMatchObject({
        topic: provenance.topic,
        offset: provenance.offset,
      });
      for (const each of [message, stored]) {
        const letter = letterOf(each);
        expect(letter.id).toBe('1-5');
        expect(typeof keyText(letter)).toBe('string');
      }
    }),
    { numRuns: RUNS },
  );
});

test('whatever the messages, lanes give each out once and finish each chunk once', () => {
  assert(
    property(array(array(anyMessage, { maxLength: 40 }), { maxLength: 5 }), (chunks) => {
      const lanes = new Lanes();
      let [done, given] = [0, 0];
      for (const messages of chunks) lanes.add({ messages, done: () => (done += 1) });
      for (;;) {
        const works = [...lanes.take(7), ...lanes.takeFloods(3)];
        if (works.length === 0) break;
        given += works.reduce((sum, { messages }) => sum + messages.length, 0);
        lanes.finish(works);
      }
      expect([given, done]).toEqual([chunks.flat().length, chunks.length]);
    }),
    { numRuns: 60 },
  );
});
