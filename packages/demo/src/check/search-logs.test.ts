import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Basket } from '../plan/order.ts';
import { Findings } from './findings.ts';
import { PersonalTexts, searchLogs } from './search-logs.ts';

const BASKET: Basket = {
  memberId: 'm-1',
  shopId: 's-1',
  items: [],
  total: 0n,
  note: `Don't ring; "the baby" sleeps`,
  deliveryAddress: { line1: "Rue de l'Église 12", line2: '3F', city: '서울', postalCode: '01234' },
};

const texts = new PersonalTexts();
texts.add(BASKET);

const logLine = (extra: object) =>
  JSON.stringify({ level: 30, time: 1_764_179_145_123, role: 'api', pid: 1_012_345_678, ...extra });

describe('what is planted is found', () => {
  test.each<[string, object]>([
    ['a token', { token: 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJtLTEifQ.c2ln' }],
    ['a token', { headers: { authorization: 'Bearer abcdefgh12345678' } }],
    ['a private key', { jwk: `{"kty":"EC"}`, pem: '-----BEGIN PRIVATE KEY-----' }],
    ['a phone number', { note: 'call 010-2345-6789' }],
    ['a phone number', { note: 'call +82 10-2345-6789' }],
    ['a phone number', { phone: '01023456789' }],
    ['an address or a note', { body: { note: BASKET.note } }],
    ['an address or a note', { msg: `delivered to ${BASKET.deliveryAddress!.line1}` }],
  ])('%s in %j', (what, extra) => expect(texts.whatIn(logLine(extra))).toBe(what));
});

test.each<[object]>([
  [{ msg: 'ready', port: 40_123 }],
  [{ url: '/v1/orders/250973221195845633?minVersion=3', requestId: '0b1c2d3e-0101-4010-8123-456789012345' }],
  [{ requestId: 'b498bc83-ec06-4205-8111-a862465dd358', ms: 9.789946999999302 }],
  [{ msg: 'shard map in use', version: 12, at: '2026-01-02T03:04:05.678Z', shard: 'db-0:3306' }],
  [{ audit: true, operator: 'op', path: '/v1/members/m-1/orders', status: 200 }],
  [{ lag: 10_123_456_789_012n.toString(), note: '3F' }],
])('%j has nothing that it may not have', (extra) => expect(texts.whatIn(logLine(extra))).toBeUndefined());

describe('a folder of logs', () => {
  let dir: string;
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'ordershard-logs-'));
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  test('is looked through line by line; findings say where, not what', async () => {
    writeFileSync(join(dir, '1-api.log'), `${logLine({})}\n${logLine({ note: BASKET.note })}\n`);
    writeFileSync(join(dir, '2-relay.log'), `${logLine({})}\nBearer abcdefgh12345678`);
    writeFileSync(join(dir, 'other.txt'), `${BASKET.note}\n`);
    const findings = new Findings();
    expect(await searchLogs(dir, texts, findings)).toBe(4);
    expect(findings.counts.leaked).toBe(2);
    expect(findings.examples).toEqual([
      { kind: 'leaked', place: 'logs', subject: '1-api.log:2', detail: 'an address or a note' },
      { kind: 'leaked', place: 'logs', subject: '2-relay.log:2', detail: 'a token' },
    ]);
  });
});
