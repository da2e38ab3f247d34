import { expect, test } from '@jest/globals';
import { hasPersonalData, withoutPersonalData } from './personal-data.ts';

const ending = { by: 'member', reason: 'moved to Main Street 1' } as const;

test.each([
  [{ deliveryAddress: { line1: 'Main Street 1' } }],
  [{ note: '' }],
  [{ cancellation: ending }],
  [{ cancellation: { ...ending, reason: 'erased' }, refund: ending }],
])('%j says something of its member, and nothing once that is erased', (order) => {
  expect(hasPersonalData(order)).toBe(true);
  const erased = withoutPersonalData(order);
  expect(hasPersonalData(erased)).toBe(false);
  expect(JSON.stringify(erased)).not.toContain('Main Street');
});

test('all else stays as it is, in its order', () => {
  const order = { number: '1', note: 'n', total: '7', deliveryAddress: { line1: 'a' }, cancellation: ending };
  expect(JSON.stringify(withoutPersonalData(order))).toBe(
    '{"number":"1","total":"7","cancellation":{"by":"member","reason":"erased"}}',
  );
  expect(order.note).toBe('n');
});
