import { type ShardKey, sql } from '@ordershard/shard-router';
import { told } from '../stage.ts';
import type { WrongUse } from '../wrong-use.ts';

const NONE = ['', '\ud800', 12, null, {}, [], Number.NaN, true] as const;

/** Keys that are none. A call that is refused rejects: it does not throw. */
export const noKey: WrongUse = {
  name: 'a key that is none',
  happen: async (stage) => {
    const { router, random } = stage;
    const poison = random.pick(NONE);
    const key = poison as unknown as string;
    const calls: (() => Promise<unknown>)[] = [
      () =>
        router.write({ key }, () => ({ statements: [sql`DELETE FROM own_keys WHERE own_key = ${'none'}`] })),
      () => router.transaction({ key }, (tx) => tx.query('SELECT 1')),
      () => router.withKey(key as ShardKey, () => router.pool.promise().query('SELECT 1')),
      () =>
        router.sharded(
          (some: string) => some,
          () => router.pool.promise().query('SELECT 1'),
        )(key),
    ];
    const answers = await Promise.all(
      calls.map((call) =>
        stage.watch(() => {
          try {
            return call();
          } catch (error) {
            stage.violation('a call threw in place of a promise that is rejected');
            throw error;
          }
        }),
      ),
    );
    // A lone surrogate has a text, and so a bucket: whether it is taken is the router's to say.
    if (poison !== '\ud800' && answers.some(({ outcome }) => outcome === 'acknowledged'))
      stage.violation(`${JSON.stringify(poison)} was taken for a key`);
    return `${JSON.stringify(poison)}: ${answers.map(told).join(', ')}`;
  },
};
