import { guard } from '@ordershard/shard-router';
import { insertOf, told } from '../stage.ts';
import type { WrongUse } from '../wrong-use.ts';

/** A guard that finds two rows, and rows behind it whose values have different types. */
export const looseGuard: WrongUse = {
  name: 'a guard of two rows',
  happen: async (stage) => {
    const { router } = stage;
    const number = stage.number();
    const [one, two] = [stage.row(number, 'guarded'), stage.row(number, 'guarded')];
    await stage.attempt([one, two], () =>
      router.write({ number, fresh: true }, () => ({ statements: [insertOf(one), insertOf(two)] })),
    );
    const [small, large] = [stage.row(number, '1'), stage.row(number, '0.1')];
    const guarded = (inside: boolean) => {
      const unit = () =>
        ({
          statements: [
            guard({
              sql: 'UPDATE uses SET body = ? WHERE number = ? AND body = ?',
              values: ['guarded', number, 'no such'],
            }),
            insertOf(stage.row(number)),
          ],
        }) as const;
      return inside
        ? router.transaction({ number }, () => router.write({ number }, unit))
        : router.write({ number }, unit);
    };
    const answers = [await stage.watch(() => guarded(false)), await stage.watch(() => guarded(true))];
    const typed = await stage.attempt([small, large], () =>
      router.write({ number }, () => ({
        statements: [
          guard({
            sql: 'UPDATE uses SET bucket = bucket, body = CONCAT(body) WHERE number = ? AND id = ?',
            values: [number, one.id],
          }),
          {
            sql: 'INSERT INTO uses (number, id, bucket, body) VALUES (?, ?, ?, ?), (?, ?, ?, ?)',
            values: [number, small.id, small.bucket, 1, number, large.id, large.bucket, 0.1],
          },
        ],
      })),
    );
    return `${answers.map(told).join(', ')}; ${told(typed)}`;
  },
};
