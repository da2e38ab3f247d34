import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type MoveAt, moveBuckets, type MoveOptions } from '@ordershard/rebalance';
import { Findings } from '../findings.ts';
import { Seeded } from '../seeded.ts';
import { MoveScene } from './scene.ts';

// Bugs that a mover could have. Each must be seen, by the mover's own verify or by the comparison with what callers were told.

let scene: MoveScene;
const findings = new Findings();

beforeAll(async () => {
  scene = await MoveScene.open({ random: new Seeded(5), findings, orders: 600, progress: () => undefined });
}, 180_000);

afterAll(() => scene.close());

const options = (afterStep: (at: MoveAt) => Promise<void>): MoveOptions => ({
  by: 'planted',
  throttle: 'off',
  leaseMs: 1_500,
  afterStep,
});

/** Does something to the source of a move, as whoever passes the fences by. */
const onSource = (at: MoveAt, sql: string) =>
  scene.cluster.onShard(at.move.from, (session) => session.execute(sql, [at.move.bucket]));

/** How a move with a planted bug ended. */
async function ended(afterStep: (at: MoveAt) => Promise<void>): Promise<string> {
  const plan = await scene.planOne('numbers');
  try {
    await moveBuckets(scene.cluster, plan, options(afterStep));
    return 'done';
  } catch (error) {
    return (error as { code?: string }).code ?? 'NONE';
  } finally {
    await scene.settle('rollback');
  }
}

test('a write during capture that is not on the dirty list stops the switch', async () => {
  const code = await ended(async (at) => {
    if (at.step === 'copied')
      await onSource(at, 'UPDATE order_items SET quantity = quantity + 1 WHERE bucket = ? AND line = 1');
  });
  expect(code).toBe('REBALANCE_DIFFERENCE');
});

test('a difference that comes into the target after the copy stops the switch', async () => {
  const code = await ended(async (at) => {
    if (at.step !== 'copied') return;
    await scene.cluster.onShard(at.move.to, (session) =>
      session.execute("UPDATE orders SET shop_id = 'other' WHERE bucket = ?", [at.move.bucket]),
    );
  });
  expect(code).toBe('REBALANCE_DIFFERENCE');
});

test('a switch before the last catch-up stops, or is seen in the rows', async () => {
  const code = await ended(async (at) => {
    // What was written since the copy is forgotten, as by one that switches too early.
    if (at.step === 'verified') {
      await onSource(at, 'UPDATE orders SET version = version + 1 WHERE bucket = ?');
      await onSource(at, 'DELETE FROM dirty_numbers WHERE bucket = ?');
    }
  });
  expect(code).toBe('REBALANCE_DIFFERENCE');
});
