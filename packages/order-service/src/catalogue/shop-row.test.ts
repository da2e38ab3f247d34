import { expect, test } from '@jest/globals';
import type { Shop } from './catalogue.ts';
import { decodeShop, encodeShop } from './shop-row.ts';

test('a shop comes back as it went in, prices beyond 2^53 and menu order included', () => {
  const shop: Shop = {
    shopId: 's-1',
    name: '"떡볶이" \\ $set 🍚',
    currency: 'KRW',
    menus: new Map([
      ['b', { menuId: 'b', name: 'B', price: 9_007_199_254_740_993n }],
      ['a', { menuId: 'a', name: 'A', price: 0n }],
    ]),
  };
  const back = decodeShop('s-1', encodeShop(shop));
  expect(back).toEqual(shop);
  expect([...back.menus.keys()]).toEqual(['b', 'a']);
});

test('the text of a shop does not depend on the order in which its JSON has the fields', () => {
  const text = encodeShop({
    shopId: 's-1',
    name: 'S',
    currency: 'KRW',
    menus: new Map([['a', { menuId: 'a', name: 'A', price: 1n }]]),
  });
  const { name, currency, menus } = JSON.parse(text) as Record<string, unknown> & { menus: object[] };
  const turned = menus.map((menu) => Object.fromEntries(Object.entries(menu).toReversed()));
  expect(encodeShop(decodeShop('s-1', JSON.stringify({ menus: turned, name, currency })))).toBe(text);
});
