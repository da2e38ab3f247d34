import { builderTransaction } from '../driver.ts';
import { OwnError } from '../outcome.ts';
import { insertOf, told } from '../stage.ts';
import type { WrongUse } from '../wrong-use.ts';

/** Another shard is written to inside an open transaction, which is taken back then. */
export const otherShardInside: WrongUse = {
  name: 'another shard inside a transaction',
  happen: async (stage) => {
    const { router, random } = stage;
    const [number, elsewhere] = random
      .shuffled(router.allShards())
      .slice(0, 2)
      .map((on) => stage.number({ on }));
    const [own, other] = [stage.row(number), stage.row(elsewhere)];
    const [first, second] = [insertOf(own), insertOf(other)];
    const write = random.pick<() => Promise<unknown>>([
      () => router.transaction({ number: elsewhere! }, (tx) => tx.execute(second.sql, second.values)),
      () => router.write({ number: elsewhere! }, () => ({ statements: [second] })),
      () =>
        router.withKey(elsewhere!, () =>
          builderTransaction(router, (connection) => connection.query(second.sql, second.values)),
        ),
    ]);
    let was = '';
    const inner = async () => {
      const answer = await stage.watch(write);
      was = told(answer);
      if (answer.outcome === 'acknowledged')
        stage.violation('a transaction of another shard was committed inside one that failed');
      throw new OwnError('the transaction fails');
    };
    const builder = random.chance(0.7);
    const answer = await stage.attempt([own, other], () =>
      builder
        ? router.withKey(number!, () =>
            builderTransaction(router, async (connection) => {
              await connection.query(first.sql, first.values);
              await inner();
            }),
          )
        : router.transaction({ number: number! }, async (tx) => {
            await tx.execute(first.sql, first.values);
            await inner();
          }),
    );
    return `${builder ? "in a connection's" : "in the router's"}: ${was}, ${told(answer)}`;
  },
};
