import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import type { ArchiveStore } from '@ordershard/rebalance/archive';
import { type ShardConfig, withShardSessions } from '@ordershard/shard-router';

/** A place where an order is. */
export interface Place {
  readonly place: 'shard' | 'carried' | 'detached' | 'archive';
  readonly where: string;
  readonly version: number;
}

/** By number, as decimal text. */
export type Places = Map<string, Place[]>;

interface FileRow {
  readonly number: string;
  readonly version: number;
}

/**
 * Looks in every place where an order can be, by code of its own. It leaves out what a mark has made void, and what a move
 * has left behind on a shard whose fence says that the number has moved.
 */
export class Whereabouts {
  readonly #shards: readonly ShardConfig[];
  readonly #archive: ArchiveStore;
  readonly #folder: string;
  /** Rows that were read from files, by key and hash. */
  readonly #read = new Map<string, readonly FileRow[]>();

  constructor(shards: readonly ShardConfig[], archive: ArchiveStore, folder: string) {
    this.#shards = shards;
    this.#archive = archive;
    this.#folder = folder;
  }

  async look(): Promise<Places> {
    const places: Places = new Map();
    const add = (number: string, place: Place) => {
      const known = places.get(number);
      if (known === undefined) places.set(number, [place]);
      else known.push(place);
    };
    await this.#onShards(add);
    await this.#inArchive(add);
    return places;
  }

  async #onShards(add: (number: string, place: Place) => void): Promise<void> {
    await withShardSessions(this.#shards, async (session) => {
      const tables = await session.query<{ name: string }>(
        `SELECT TABLE_NAME AS name FROM information_schema.TABLES
          WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME REGEXP '^orders(_carried|_p[0-9]{8})?$'`,
      );
      for (const { name } of tables) {
        const place = name === 'orders' ? 'shard' : name === 'orders_carried' ? 'carried' : 'detached';
        const rows = await session.query<FileRow>(
          `SELECT number, version FROM ${name} t WHERE NOT EXISTS (
             SELECT 1 FROM bucket_fences f
              WHERE f.bucket = t.bucket AND f.range_from <= t.number AND t.number < f.range_to AND f.state = 'moved')`,
        );
        for (const { number, version } of rows)
          add(number, { place, where: `shard ${session.shard} ${name}`, version });
      }
    });
  }

  async #inArchive(add: (number: string, place: Place) => void): Promise<void> {
    const voids = new Map<string, string>();
    for (const key of await this.#archive.list('marks/')) {
      const { at } = JSON.parse((await this.#archive.getText(key))!) as { at: string };
      const number = key.split('/')[1]!;
      if ((voids.get(number) ?? '') < at) voids.set(number, at);
    }
    for (const key of (await this.#archive.list('day=')).filter((name) => name.endsWith('.json'))) {
      const manifest = JSON.parse((await this.#archive.getText(key))!) as {
        file: string;
        archivedAt: string;
      };
      for (const { number, version } of await this.#rowsOf(manifest.file)) {
        if ((voids.get(number) ?? '') < manifest.archivedAt)
          add(number, { place: 'archive', where: manifest.file, version });
      }
    }
  }

  async #rowsOf(key: string): Promise<readonly FileRow[]> {
    const path = join(this.#folder, key);
    const name = `${key} ${createHash('sha256')
      .update(await readFile(path))
      .digest('hex')}`;
    const known = this.#read.get(name);
    if (known !== undefined) return known;
    const file = await asyncBufferFromFile(path);
    const rows = await parquetReadObjects({ file, compressors, columns: ['number', 'version'] });
    const read = rows.map(({ number, version }) => ({ number: String(number), version: Number(version) }));
    this.#read.set(name, read);
    return read;
  }
}
