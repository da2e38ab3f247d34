import { describe, expect, test } from '@jest/globals';
import type { DirectoryStore } from './directory-store.ts';

/** What every store of a directory has to keep. Each runs it in its own test file. */
export function directoryStoreContract(name: string, empty: () => DirectoryStore | Promise<DirectoryStore>) {
  describe(`${name} keeps the contract of a directory's store`, () => {
    async function listed(store: DirectoryStore, limit: number): Promise<(readonly [string, number])[]> {
      const entries: (readonly [string, number])[] = [];
      for await (const entry of store.entries(limit)) entries.push(entry);
      return entries;
    }

    test('what was placed is found, and what was not is left out', async () => {
      const store = await empty();
      expect(await store.place('a', 3)).toBe(3);
      expect(await store.find(['a', 'b'])).toEqual(new Map([['a', 3]]));
      expect(await store.find([])).toEqual(new Map());
    });

    test('a key that has a shard keeps it', async () => {
      const store = await empty();
      await store.place('a', 1);
      expect(await store.place('a', 2)).toBe(1);
      expect(await store.find(['a'])).toEqual(new Map([['a', 1]]));
    });

    test('of many that place a key at once, all are told the same shard', async () => {
      const store = await empty();
      const told = await Promise.all(Array.from({ length: 20 }, (_, shard) => store.place('a', shard)));
      expect(new Set(told).size).toBe(1);
      expect(await store.find(['a'])).toEqual(new Map([['a', told[0]]]));
    });

    test('keys that are not the same text are not the same key', async () => {
      const keys = [
        'a',
        'A',
        'a ',
        ' a',
        'ä',
        'a\u0308',
        'a\0',
        '1',
        '01',
        '\u{1F600}',
        "' OR 1=1 -- ",
        '%',
        '_',
      ];
      const store = await empty();
      for (const [shard, key] of keys.entries()) expect(await store.place(key, shard)).toBe(shard);
      expect(await store.find(keys)).toEqual(new Map(keys.map((key, shard) => [key, shard])));
    });

    test('many entries are found and listed, each once, up to the limit', async () => {
      const store = await empty();
      const keys = Array.from({ length: 2_345 }, (_, i) => `shop-${i}`);
      await Promise.all(keys.map((key, i) => store.place(key, i % 5)));
      const all = new Map(keys.map((key, i) => [key, i % 5]));
      expect(await store.find(keys)).toEqual(all);
      const entries = await listed(store, 10_000);
      expect(entries).toHaveLength(keys.length);
      expect(new Map(entries)).toEqual(all);
      expect(await listed(store, 1_234)).toHaveLength(1_234);
      expect(await listed(store, 0)).toEqual([]);
    });
  });
}
