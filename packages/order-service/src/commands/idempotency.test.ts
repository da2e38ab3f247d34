import { expect, test } from '@jest/globals';
import { callerText, maySee, type Caller } from './caller.ts';
import { keyedRequest, unitOf } from './idempotency.ts';

const member: Caller = { role: 'member', subject: 'a' };

test('a key is its caller’s own: the same subject in another role has other keys', () => {
  const shop: Caller = { role: 'shop', subject: 'a' };
  expect(callerText(member)).not.toBe(callerText(shop));
  expect(keyedRequest(member, 'k', '').keyText).not.toBe(keyedRequest(shop, 'k', '').keyText);
  expect(unitOf(member, 1n, 'k', '').id).not.toEqual(unitOf(shop, 1n, 'k', '').id);
});

test('another request has another hash under the same key', () => {
  expect(keyedRequest(member, 'k', 'x')).toMatchObject({ caller: 'member:a', key: 'k' });
  expect(keyedRequest(member, 'k', 'x').hash).not.toEqual(keyedRequest(member, 'k', 'y').hash);
  const [one, other] = [unitOf(member, 1n, 'k', 'x'), unitOf(member, 1n, 'k', 'y')];
  expect(one.id).toEqual(other.id);
  expect(one.id).toHaveLength(16);
  expect(one.hash).not.toEqual(other.hash);
});

test('a unit belongs to one order', () => {
  expect(unitOf(member, 1n, 'k', 'x').id).not.toEqual(unitOf(member, 2n, 'k', 'x').id);
});

test('members and shops see their own orders, the others all', () => {
  const order = { memberId: 'a', shopId: 's' };
  expect(maySee(member, order)).toBe(true);
  expect(maySee({ role: 'member', subject: 's' }, order)).toBe(false);
  expect(maySee({ role: 'shop', subject: 's' }, order)).toBe(true);
  expect(maySee({ role: 'shop', subject: 'a' }, order)).toBe(false);
  expect(maySee({ role: 'operator', subject: 'x' }, order)).toBe(true);
  expect(maySee({ role: 'service', subject: 'x' }, order)).toBe(true);
});
