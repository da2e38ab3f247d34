import { join } from 'node:path';
import { statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ShardConfig } from '@ordershard/shard-router';
import { type OwnProcess, startProcess } from '@ordershard/stack';

const SCRIPT = join(import.meta.dirname, 'draw-process.ts');
const BYTES = BigUint64Array.BYTES_PER_ELEMENT;
const PATIENCE_MS = 120_000;

/** A process that draws numbers. */
export interface Drawing {
  readonly process: OwnProcess;
  readonly file: string;
  /** Resolves when it stops in the midst of drawing. */
  stops(): Promise<void>;
  /** Resolves when its file holds `count` numbers. */
  reached(count: number): Promise<void>;
  /** Resolves when it has drawn all; how often it was refused a number in between. */
  done(): Promise<{ readonly refusals: number }>;
}

/** Starts a process that leases a worker id and draws `count` numbers, and stops itself when `stopAt` are left. */
export async function startDrawing(options: {
  readonly clusterId: string;
  readonly shards: readonly ShardConfig[];
  readonly holder: string;
  readonly count: number;
  readonly stopAt?: number;
  readonly directory: string;
}): Promise<Drawing> {
  const { clusterId, shards, holder, count, stopAt = 0, directory } = options;
  const file = join(directory, `${holder}.numbers`);
  const child = await startProcess({
    file: SCRIPT,
    env: {
      DRAW_CLUSTER: clusterId,
      DRAW_URLS: shards.map(({ writer }) => writer).join(','),
      DRAW_HOLDER: holder,
      DRAW_COUNT: String(count),
      DRAW_STOP_AT: String(stopAt),
      DRAW_FILE: file,
    },
  });
  return {
    process: child,
    file,
    stops: async () => {
      await child.logged(({ msg }) => msg === 'stops');
    },
    reached: (wanted) =>
      until(`${wanted} numbers of ${holder}`, async () => statSync(file).size >= wanted * BYTES),
    done: async () => {
      const line = await child.logged(({ msg }) => msg === 'drawn');
      return { refusals: Number(line['refusals']) };
    },
  };
}

/** Resolves when a condition holds. */
export async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`waited ${PATIENCE_MS / 1_000} s in vain for ${what}`);
    await sleep(20);
  }
}
