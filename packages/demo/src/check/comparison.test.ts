import { describe, expect, test } from '@jest/globals';
import type { Basket } from '../plan/order.ts';
import { EVENT_TYPE, type Status } from '../plan/states.ts';
import { Comparison, type EventFact, type OutboxFact } from './comparison.ts';
import { Findings } from './findings.ts';
import { Ledger } from './ledger.ts';
import { digest, type OrderContent } from './order-content.ts';

const STATUSES: Status[] = ['created', 'paid', 'cancelled', 'refunded'];
const NUMBERS = ['1000', '1001', '1002', '1003'];
const BASKET: Basket = {
  memberId: 'm',
  shopId: 's',
  items: [{ menuId: 'a', quantity: 2 }],
  total: 18_014_398_509_481_986n,
};

const at = (n: number) => `2026-01-02T03:04:0${n}.000Z`;
const home = (number: string) => Number(number) % 2;
const drop = (list: unknown[], index: number) => void list.splice(index, 1);

function content(number: string, version: number, change: Partial<OrderContent> = {}): OrderContent {
  return {
    number,
    version,
    status: STATUSES[version - 1]!,
    memberId: 'm',
    shopId: 's',
    shopName: 'S',
    currency: 'KRW',
    total: '18014398509481986',
    items: [[1, 'a', 'A', '9007199254740993', 2, '18014398509481986']],
    address: null,
    note: null,
    timeline: STATUSES.slice(0, version).map((status, index) => [status, at(index)]),
    cancellation: version > 2 ? ['shop', 'sold out'] : null,
    refundReason: version > 3 ? 'sold out' : null,
    placedAt: at(0),
    updatedAt: at(version - 1),
    ...change,
  };
}

/** All that the stores hold after a day without faults: order n lives on shard n % 2, its events in partition n % 2. */
function goodFacts() {
  const versions = NUMBERS.flatMap((number) => STATUSES.map((_, index) => ({ number, version: index + 1 })));
  return {
    rows: NUMBERS.map((number) => ({ shard: home(number), content: content(number, 4) })),
    keys: NUMBERS.map((number) => ({ shard: home(number), key: `key-${number}`, number })),
    outbox: versions.map(({ number, version }) => ({ shard: home(number), row: outboxRow(number, version) })),
    events: versions.map(({ number, version }) => event(number, version)),
    views: NUMBERS.map((number) => content(number, 4)),
  };
}

function outboxRow(number: string, version: number): OutboxFact {
  const held = content(number, version);
  return {
    number,
    version,
    eventId: `${number}-${version}`,
    type: EVENT_TYPE[STATUSES[version - 1]!],
    digest: digest(JSON.stringify(held)),
    content: held,
  };
}

function event(number: string, version: number): EventFact {
  const { eventId: id, type, digest: value } = outboxRow(number, version);
  return { key: number, partition: Number(number) % 2, id, type, version, digest: value };
}

type Facts = ReturnType<typeof goodFacts>;

/** Compares the facts after `plant` has spoilt them. */
function compare(plant: (facts: Facts) => void = () => undefined) {
  const findings = new Findings();
  const ledger = new Ledger(findings);
  for (const number of NUMBERS) {
    const entry = ledger.placed(`key-${number}`, BASKET, content(number, 1));
    for (const [index, status] of STATUSES.entries()) {
      if (index > 0) ledger.changed(entry, status, content(number, index + 1));
    }
  }
  const facts = goodFacts();
  plant(facts);
  const layout = {
    shardOf: (number: string) => Number(number) % 2,
    partitionOf: (key: string) => Number(key) % 2,
  };
  const comparison = new Comparison(ledger, findings, layout, 2);
  for (const { shard, content: row } of facts.rows) comparison.orderRow(shard, row);
  for (const { shard, key, number } of facts.keys) comparison.idempotencyRow(shard, key, number);
  for (const { shard, row } of facts.outbox) comparison.outboxRow(shard, row);
  for (const fact of facts.events) comparison.event(fact);
  for (const view of facts.views) comparison.view(view);
  comparison.finish();
  return { findings, comparison };
}

/** What was found, as `kind place subject: detail`. */
function found(plant: (facts: Facts) => void): string[] {
  return compare(plant).findings.examples.map(
    ({ kind, place, subject, detail }) => `${kind} ${place} ${subject}: ${detail}`,
  );
}

describe('a day without faults', () => {
  test('is found to be right, and counted', () => {
    const { findings, comparison } = compare();
    expect(findings.examples).toEqual([]);
    expect(findings.none).toBe(true);
    expect(comparison.perShard).toEqual([2, 2]);
    expect(comparison).toMatchObject({ events: 16, redelivered: 0, views: 4 });
  });

  test('repeats in Kafka are counted and are no fault', () => {
    const { findings, comparison } = compare(({ events }) => events.push(event('1001', 2), event('1001', 3)));
    expect(findings.none).toBe(true);
    expect(comparison).toMatchObject({ events: 16, redelivered: 2 });
  });
});

describe('planted faults are found', () => {
  test.each<[string, (facts: Facts) => void, string[]]>([
    ['an order with no row', ({ rows }) => drop(rows, 1), ['missing mysql 1001: no row on any shard']],
    [
      'an order on two shards',
      ({ rows }) => rows.push({ shard: 0, content: content('1001', 4) }),
      ['duplicated mysql 1001: on shard 1 and on shard 0'],
    ],
    [
      'an order on a shard that does not own it',
      ({ rows }) => (rows[0] = { shard: 1, content: content('1000', 4) }),
      ['mismatched mysql 1000: on shard 1, but shard 0 owns it'],
    ],
    [
      'an order that nobody was acknowledged',
      ({ rows }) => rows.push({ shard: 0, content: content('2000', 1) }),
      ['duplicated mysql 2000: an order that nobody was acknowledged'],
    ],
    [
      'a lost effect',
      ({ rows }) => (rows[0] = { shard: 0, content: content('1000', 3) }),
      ['missing mysql 1000: at version 3, acknowledged 4'],
    ],
    [
      'an effect applied twice',
      ({ rows }) => (rows[0] = { shard: 0, content: content('1000', 5, { status: 'refunded' }) }),
      ['duplicated mysql 1000: at version 5, acknowledged 4'],
    ],
    [
      'a wrong total',
      ({ rows }) => (rows[0] = { shard: 0, content: content('1000', 4, { total: '18014398509481984' }) }),
      ['mismatched mysql 1000: total 18014398509481984, acknowledged 18014398509481986'],
    ],
    [
      'a wrong status',
      ({ rows }) => (rows[0] = { shard: 0, content: content('1000', 4, { status: 'cancelled' }) }),
      ['mismatched mysql 1000: status cancelled, acknowledged refunded'],
    ],
    [
      'a lost line',
      ({ rows }) => (rows[0] = { shard: 0, content: content('1000', 4, { items: [] }) }),
      ['mismatched mysql 1000: items [], unlike those acknowledged'],
    ],
    [
      'another note',
      ({ rows }) => (rows[0] = { shard: 0, content: content('1000', 4, { note: 'x' }) }),
      ['mismatched mysql 1000: member, shop, note, address, times or ending, unlike those acknowledged'],
    ],
    ['no idempotency row', ({ keys }) => drop(keys, 2), ['missing mysql 1002: no row of key key-1002']],
    [
      'an idempotency row on two shards',
      ({ keys }) => keys.push({ shard: 1, key: 'key-1002', number: '1002' }),
      ['duplicated mysql 1002: key key-1002 again on shard 1'],
    ],
    [
      'two orders for one key',
      ({ keys }) => keys.push({ shard: 1, key: 'key-1002', number: '2001' }),
      ['duplicated mysql 2001: key key-1002 on shard 1 is not the one that placed it'],
    ],
    [
      'a row and an event of one version that are gone',
      ({ outbox, events }) => [drop(outbox, 2), drop(events, 2)],
      [
        'outOfOrder kafka 1000: version 4 before version 3',
        'missing mysql 1000: no outbox row of version 3',
        'missing kafka 1000: no event of version 3',
      ],
    ],
    [
      'a doubled outbox row',
      ({ outbox }) => outbox.push({ shard: 0, row: outboxRow('1000', 2) }),
      ['duplicated mysql 1000: outbox row of version 2 again on shard 0'],
    ],
    [
      'an outbox row of other content',
      ({ outbox, events }) => {
        const held = content('1000', 2, { total: '1' });
        outbox[1] = { shard: 0, row: { ...outboxRow('1000', 2), content: held, digest: 7 } };
        events[1] = { ...event('1000', 2), digest: 7 };
      },
      ['mismatched mysql 1000: outbox row of version 2 on shard 0: total 1, acknowledged 18014398509481986'],
    ],
    [
      'an outbox row of another type',
      ({ outbox }) => (outbox[1] = { shard: 0, row: { ...outboxRow('1000', 2), type: 'order.accepted' } }),
      ['mismatched mysql 1000: outbox row of version 2 on shard 0: order.accepted for a change into paid'],
    ],
    [
      'an outbox row of a version that nobody was acknowledged',
      ({ outbox }) =>
        outbox.push({
          shard: 0,
          row: { ...outboxRow('1000', 4), version: 5, eventId: '1000-5', content: content('1000', 5) },
        }),
      ['duplicated mysql 1000: outbox row of version 5, never acknowledged'],
    ],
    ['the last event lost', ({ events }) => drop(events, 15), ['missing kafka 1003: no event of version 4']],
    [
      'a later version first',
      ({ events }) => void ([events[1], events[2]] = [events[2]!, events[1]!]),
      ['outOfOrder kafka 1000: version 3 before version 2'],
    ],
    [
      'an event in another partition',
      ({ events }) => (events[0] = { ...event('1000', 1), partition: 1 }),
      ['outOfOrder kafka 1000: version 1 in partition 1 instead of 0'],
    ],
    [
      'an event that was never committed',
      ({ events }) => events.push({ ...event('1000', 4), version: 5, id: '1000-5' }),
      ['mismatched kafka 1000: event 1000-5 of version 5, which MySQL does not have'],
    ],
    [
      'an event unlike its row',
      ({ events }) => (events[0] = { ...event('1000', 1), digest: 1 }),
      ['mismatched kafka 1000: version 1 is unlike its outbox row'],
    ],
    [
      'an event with the id of another',
      ({ events }) => (events[0] = { ...event('1000', 1), id: '1000-2' }),
      ['mismatched kafka 1000: version 1 has id 1000-2, type order.created'],
    ],
    ['no view', ({ views }) => drop(views, 3), ['missing mongodb 1003: no view']],
    [
      'a stale view',
      ({ views }) => (views[0] = content('1000', 3)),
      ['mismatched mongodb 1000: at version 3, acknowledged 4'],
    ],
    [
      'a view of other content',
      ({ views }) => (views[0] = content('1000', 4, { total: '0' })),
      ['mismatched mongodb 1000: total 0, acknowledged 18014398509481986'],
    ],
    [
      'a view of nothing',
      ({ views }) => views.push(content('2000', 1)),
      ['mismatched mongodb 2000: a view of an order that nobody was acknowledged'],
    ],
  ])('%s', (_, plant, expected) => expect(found(plant)).toEqual(expected));

  test('all are counted, the first twenty are kept', () => {
    const { findings } = compare((facts) => {
      facts.rows = [];
      facts.events = [];
    });
    expect(findings.counts).toEqual({
      missing: 4 + 16,
      duplicated: 0,
      mismatched: 0,
      outOfOrder: 0,
      leaked: 0,
    });
    expect(findings.examples).toHaveLength(20);
  });
});
