import type { WriteTarget } from '@ordershard/shard-router';
import { sql } from '@ordershard/shard-router';
import { told } from '../stage.ts';
import type { WrongUse } from '../wrong-use.ts';

const TARGETS = [
  {},
  undefined,
  null,
  { numbr: 1n },
  { number: undefined },
  { key: undefined },
  12n,
  'text',
  { number: '12' },
  [],
] as const;

/** Targets that name neither a number nor a key. */
export const noTarget: WrongUse = {
  name: 'a target that is none',
  happen: async (stage) => {
    const { router } = stage;
    const given = stage.random.pick(TARGETS);
    const target = given as unknown as WriteTarget;
    const answers = [
      await stage.watch(() => router.transaction(target, (tx) => tx.query('SELECT 1'))),
      await stage.watch(() =>
        router.write(target, () => ({ statements: [sql`DELETE FROM uses WHERE number = ${0n}`] })),
      ),
      await stage.watch(() => router.transaction({ number: stage.number() }, undefined as never)),
      await stage.watch(() => router.write({ number: stage.number() }, (() => ({})) as never)),
      await stage.watch(() => router.write({ number: stage.number() }, () => ({ statements: [] }) as never)),
    ];
    for (const [at, answer] of answers.entries())
      if (answer.outcome === 'acknowledged') stage.violation(`call ${at} of a target that is none was taken`);
    return answers.map(told).join(', ');
  },
};
