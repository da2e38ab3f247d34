import { describe, expect, test } from '@jest/globals';
import { InputFileError } from './errors.ts';
import { type InputBasket, scanInput } from './input-file.ts';

/** Scans a text as a file, handed over in chunks of a few bytes, and reads its orders back. */
async function scan(text: string | Buffer, csv: boolean) {
  const bytes = Buffer.from(text);
  async function* open() {
    for (let at = 0; at < bytes.length; at += 7) {
      yield await Promise.resolve(bytes.subarray(at, at + 7));
    }
  }
  const refused: string[] = [];
  const file = await scanInput(open, csv, (line, reason) => refused.push(`${line}: ${reason}`));
  const baskets: InputBasket[] = [];
  for await (const basket of file.baskets()) baskets.push(basket);
  return { refused, baskets, orders: file.orders, shops: [...file.shops()] };
}

const jsonl = (...orders: (object | string)[]) =>
  scan(orders.map((order) => (typeof order === 'string' ? order : JSON.stringify(order))).join('\n'), false);

const good = { memberId: 'm1', shopId: 's1', items: [{ menuId: 'a', price: 500, quantity: 2 }] };

describe('JSON lines', () => {
  test('give baskets, and the shops and menus that they name', async () => {
    const { baskets, shops, refused, orders } = await jsonl(
      {
        ...good,
        shopName: '떡볶이',
        currency: 'USD',
        note: '"hi"',
        deliveryAddress: { line1: 'x', city: 'y' },
      },
      '',
      {
        ...good,
        items: [
          { menuId: 'a', quantity: 1 },
          { menuId: 'b', name: 'B', price: '7', quantity: 1 },
        ],
      },
    );
    expect(refused).toEqual([]);
    expect(orders).toBe(2);
    expect(baskets.map(({ line, basket }) => [line, basket.total])).toEqual([
      [1, 1000n],
      [3, 507n],
    ]);
    expect(baskets[0]?.basket).toEqual({
      memberId: 'm1',
      shopId: 's1',
      items: [{ menuId: 'a', quantity: 2 }],
      total: 1000n,
      note: '"hi"',
      deliveryAddress: { line1: 'x', line2: undefined, city: 'y', postalCode: undefined },
    });
    expect(shops).toEqual([
      {
        shopId: 's1',
        name: '떡볶이',
        currency: 'USD',
        menus: [
          { menuId: 'a', name: 'a', price: 500n },
          { menuId: 'b', name: 'B', price: 7n },
        ],
      },
    ]);
  });

  test('amounts are exact', async () => {
    const { baskets } = await jsonl(
      JSON.stringify(good).replace('500', '9007199254740993').replace('2}', '1}'),
    );
    expect(baskets[0]?.basket.total).toBe(9_007_199_254_740_993n);
  });

  const item = (change: object) => ({ ...good, items: [{ ...good.items[0], ...change }] });

  test.each<[string, object | string, string]>([
    ['no JSON', '{"memberId":', 'the line is not JSON: Unexpected end of JSON input'],
    ['a list', '[1]', 'the line must be an object'],
    ['no member', { ...good, memberId: undefined }, 'memberId is missing'],
    [
      'a member with blanks',
      { ...good, memberId: 'a b' },
      'memberId must be a text of 1 to 64 visible ASCII characters',
    ],
    ['no items', { ...good, items: [] }, 'items must be a list of at least one item'],
    ['a fraction for a price', item({ price: 4.5 }), 'items[0]: price must be a whole number'],
    [
      'an exponent',
      '{"memberId":"m","shopId":"s","items":[{"menuId":"a","price":1e3,"quantity":1}]}',
      'items[0]: price must be a whole number',
    ],
    ['a negative price', item({ price: -1 }), 'items[0]: price must be from 0 to 9223372036854775807'],
    ['nothing ordered', item({ quantity: 0 }), 'items[0]: quantity must be from 1 to 4294967295'],
    ['no quantity', item({ quantity: undefined }), 'items[0]: quantity is missing'],
    ['a total too large', item({ price: '9223372036854775807' }), 'the total does not fit into 64 bits'],
    [
      'a menu without a price',
      item({ price: undefined }),
      'items[0]: price is missing, and no earlier order tells that of menu a',
    ],
    [
      'a currency in words',
      { ...good, currency: 'won' },
      'currency must be three capital letters (ISO 4217)',
    ],
    [
      'an address without a line',
      { ...good, deliveryAddress: { city: 'x' } },
      'deliveryAddress: line1 is missing',
    ],
    ['a note that is no text', { ...good, note: { $gt: '' } }, 'note must be a text'],
  ])('%s is refused with its line, the rest goes on', async (_, bad, reason) => {
    const other = { ...good, shopId: 's2' };
    const { refused, baskets, shops } = await jsonl(other, bad, other);
    expect(refused).toEqual([`2: ${reason}`]);
    expect(baskets.map(({ line }) => line)).toEqual([1, 3]);
    expect(shops.map(({ shopId }) => shopId)).toEqual(['s2']);
  });

  test('a price or currency that contradicts an earlier order is refused', async () => {
    const { refused } = await jsonl(good, item({ price: 501 }), { ...good, currency: 'EUR' });
    expect(refused).toEqual([
      '2: items[0]: price 501, but menu a cost 500 earlier in the file',
      '3: currency EUR, but an earlier order of shop s1 has KRW',
    ]);
  });

  test('bytes that are not UTF-8, a line that is far too long, a byte order mark and CR LF', async () => {
    const line = Buffer.from(`${JSON.stringify(good)}\r\n`);
    const { refused, baskets } = await scan(
      Buffer.concat([
        Buffer.from('\ufeff'),
        line,
        Buffer.from([0xff, 0xfe, 0x0a]),
        Buffer.alloc(1_100_000, 'x'),
        Buffer.from('\n'),
        line,
      ]),
      false,
    );
    expect(refused).toEqual(['2: the line is not valid UTF-8', '3: the line is longer than 1048576 bytes']);
    expect(baskets.map((basket) => basket.line)).toEqual([1, 4]);
  });
});

describe('CSV', () => {
  const HEADER = 'order,memberId,shopId,shopName,menuId,price,quantity,note,line1';
  const csv = (...rows: string[]) => scan([HEADER, ...rows].join('\n'), true);

  test('rows of one order, next to each other, are its items', async () => {
    const { baskets, refused, shops } = await csv(
      'A,m1,s1,"Joe ""the"" cook",a,500,2,"two',
      'lines, and a comma",x 1',
      'A,m1,s1,"Joe ""the"" cook",b,9007199254740993,1,"two',
      'lines, and a comma",x 1',
      '',
      'B,m2,s1,,a,,1,,',
    );
    expect(refused).toEqual([]);
    expect(baskets.map(({ line, basket }) => [line, basket.items.length, basket.total])).toEqual([
      [2, 2, 9_007_199_254_741_993n],
      [7, 1, 500n],
    ]);
    expect(baskets[0]?.basket).toMatchObject({
      note: 'two\nlines, and a comma',
      deliveryAddress: { line1: 'x 1' },
    });
    expect(baskets[1]?.basket.deliveryAddress).toBeUndefined();
    expect(shops[0]).toMatchObject({ name: 'Joe "the" cook', currency: 'KRW' });
  });

  test.each<[string, string[], string[]]>([
    ['a bad quantity', ['X,m,s,,a,1,many,,'], ['3: items[0]: quantity must be a whole number']],
    [
      'a bad second item',
      ['X,m,s,,a,1,1,,', 'X,m,s,,b,1.5,1,,'],
      ['4: items[1]: price must be a whole number'],
    ],
    ['too few fields', ['X,m,s,,a,1'], ['3: the row has 6 fields, the header 9; order X is left out']],
    ['no reference', [',m,s,,a,1,1,,'], ['3: order is missing']],
    [
      'another member',
      ['X,m,s,,a,1,1,,', 'X,m2,s,,b,1,1,,'],
      ['4: memberId differs from that of the first row; order X is left out'],
    ],
    [
      'a stray quote',
      ['X,m,s,,a,1,1,a "note",'],
      [
        '3: the row is not CSV: Invalid Opening Quote: a quote is found on field 7, value is "a "; order X is left out',
      ],
    ],
    [
      'a quote that stays open',
      ['X,m,s,,b,1,1,,', 'X,m,s,,a,1,1,"open,'],
      ['4: a quote is opened and not closed; order X is left out'],
    ],
    [
      'text after a quote',
      ['X,m,s,"S"s,a,1,1,,'],
      [
        '3: the row is not CSV: Invalid Closing Quote: got "s" instead of delimiter, record delimiter, trimable character (if activated) or comment; order X is left out',
      ],
    ],
  ])('%s takes its order with it, the rest goes on', async (_, rows, expected) => {
    const { refused, baskets } = await csv('G1,g,s9,,a,1,1,,', ...rows, 'G2,g,s9,,a,1,1,,');
    expect(refused).toEqual(expected);
    expect(baskets.map(({ basket }) => basket.memberId)).toEqual(['g', 'g']);
  });

  test('an order whose rows are apart is left out whole', async () => {
    const rows = ['A,a,s,,a,1,1,,', 'B,b,s,,a,1,1,,', 'A,a,s,,b,1,1,,', 'A,a,s,,c,1,1,,', 'C,c,s,,a,1,1,,'];
    const { refused, baskets, orders } = await csv(...rows);
    expect(refused).toEqual([
      '4: its rows are not next to each other; order A is left out',
      '5: its rows are not next to each other; order A is left out',
    ]);
    expect(baskets.map(({ basket }) => basket.memberId)).toEqual(['b', 'c']);
    expect(orders).toBe(2);
  });

  test('a header that lacks a column is no order file', async () => {
    await expect(scan('order,memberId\nA,m', true)).rejects.toThrow(InputFileError);
    await expect(scan('order,memberId\nA,m', true)).rejects.toThrow('no column shopId, menuId, quantity');
  });

  test('an empty file has no orders', async () => {
    expect((await scan('', true)).orders).toBe(0);
    expect((await scan('', false)).orders).toBe(0);
  });
});
