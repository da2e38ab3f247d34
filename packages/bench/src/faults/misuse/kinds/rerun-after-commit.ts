import { setTimeout as sleep } from 'node:timers/promises';
import { builderTransaction } from '../driver.ts';
import { handOver, whileFrozen } from '../fences.ts';
import { insertOf, told } from '../stage.ts';
import type { WrongUse } from '../wrong-use.ts';

const SHUT_MS = 150;

/** A scope that has committed meets a fence that is shut, or a bucket that has moved, when it begins again. */
export const rerunAfterCommit: WrongUse = {
  name: 'a second transaction of a scope meets a fence',
  setsFences: true,
  happen: async (stage) => {
    const { router, truth, random } = stage;
    const number = stage.number({ byHand: true });
    const row = stage.row(number, '');
    await router.write({ number, fresh: true }, () => ({ statements: [insertOf(row)] }));
    const fenced = { number, bucket: row.bucket, shard: router.shardOf(number) };
    const moves = random.chance(0.5);
    const to = random.pick(router.allShards().filter((shard) => shard !== fenced.shard));
    let meddling: Promise<unknown> | undefined;
    let runs = 0;
    const answer = await stage.watch(() =>
      router.withKey(number, async () => {
        runs += 1;
        await builderTransaction(router, (connection) =>
          connection.query('UPDATE uses SET body = CONCAT(body, ?) WHERE number = ? AND id = ?', [
            '+',
            number,
            row.id,
          ]),
        );
        if (meddling === undefined) {
          if (moves) await (meddling = handOver(truth, fenced, to));
          else {
            const shut = Promise.withResolvers<void>();
            meddling = whileFrozen(truth, fenced, async () => {
              shut.resolve();
              await sleep(SHUT_MS);
            });
            await shut.promise;
          }
        }
        await builderTransaction(router, (connection) =>
          connection.query('SELECT body FROM uses WHERE number = ?', [number]),
        );
      }),
    );
    await meddling;
    if (moves) await handOver(truth, { ...fenced, shard: to }, fenced.shard);
    const [found] = await truth.usesOf(number);
    if (found?.body !== '+')
      stage.violation(
        `a scope that ran ${runs} times took effect ${found?.body.length} times: ${told(answer)}`,
      );
    stage.claim([{ ...row, body: found?.body ?? '' }], 'acknowledged');
    return `${moves ? 'moved' : 'frozen'}: ran ${runs} times, ${told(answer)}`;
  },
};
