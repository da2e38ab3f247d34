import type { AfterCut, Cut, CutMade } from '../../wire/cut.ts';
import type { Seeded } from '../../seeded.ts';
import type { Fault } from '../fault.ts';

const STATEMENTS: readonly RegExp[] = [/FROM outbox_orders_/, /UPDATE outbox_relays/];
const AFTER: readonly AfterCut[] = ['ended', 'torn', 'first answer'];

/** A connection between a relay and a shard is cut around a statement. */
export const cutShard: Fault = {
  name: 'cut at a statement',
  victim: 'relay',
  happen: (scene, random) =>
    scene.withHolder(async (slot) => {
      const [table] = await scene.heldBy(slot);
      if (table === undefined) return undefined;
      const statement = random.pick(STATEMENTS);
      const made: CutMade[] = [];
      slot.shards[table.shard]!.cutNext(
        (text) => statement.test(text),
        cutOf(random),
        (one) => made.push(one),
      );
      await scene.until('a statement to be cut off', () => made.length > 0);
      const { cut, text } = made[0]!;
      return `${slot.holder}: ${JSON.stringify(cut)} at ${text.slice(0, 40).replaceAll(/\s+/g, ' ')}`;
    }),
};

/** A relay has no way to a shard until its tables there are another's. */
export const isolateFromShard: Fault = {
  name: 'relay cut off from a shard',
  victim: 'relay',
  happen: (scene, random) =>
    scene.withHolder(async (slot) => {
      const held = await scene.heldBy(slot);
      if (held.length === 0) return undefined;
      const { shard } = random.pick(held);
      const proxy = slot.shards[shard]!;
      proxy.shut();
      try {
        return await scene.takenOver(held.filter((table) => table.shard === shard));
      } finally {
        proxy.open();
      }
    }),
};

function cutOf(random: Seeded): Cut {
  switch (random.between(0, 4)) {
    case 0:
      return { when: 'before' };
    case 1:
      return { when: 'during', share: random.between(1, 999) / 1_000 };
    case 2:
      return { when: 'late', ms: random.between(5, 1_500) };
    default:
      return { when: 'after', how: random.pick(AFTER) };
  }
}
