import { insertOf, told } from '../stage.ts';
import type { WrongUse } from '../wrong-use.ts';

const ROUNDS = 12;

/** KILL QUERY, as of a server's own limit or an operator's tool, strikes transactions and units at any moment. */
export const killedQuery: WrongUse = {
  name: 'queries are killed',
  happen: async (stage) => {
    const { truth, random } = stage;
    const guest = await stage.guest({ poolSize: 1 });
    const on = random.pick(guest.allShards());
    const whole = random.chance(0.2);
    let kills = 0;
    const ended = new AbortController();
    const who = (
      await guest.withShard(on, () => guest.pool.promise().query('SELECT CONNECTION_ID() AS id'))
    )[0] as unknown as readonly { id: string }[];
    let id = Number(who[0]!.id);
    await truth.session(on, async (killer) => {
      const killing = (async () => {
        while (!ended.signal.aborted) {
          await killer.query(`KILL ${whole ? 'CONNECTION' : 'QUERY'} ${id}`).then(
            () => (kills += 1),
            () => undefined,
          );
          const delay = random.between(1, 6);
          await new Promise((resolve) => setTimeout(resolve, delay));
        }
      })();
      for (let round = 0; round < ROUNDS; round += 1) {
        const row = stage.row(stage.number({ on }));
        const { number } = row;
        const { sql, values } = insertOf(row);
        const call = () =>
          round % 3 === 2
            ? guest.write({ number }, () => ({ statements: [{ sql, values }] }))
            : guest.transaction({ number }, async (tx) => {
                id = Number((await tx.query<{ id: string }>('SELECT CONNECTION_ID() AS id'))[0]!.id);
                await tx.execute(sql, values);
              });
        try {
          await call();
          stage.claim([row], 'acknowledged');
        } catch (error) {
          const code = (error as { readonly code?: string }).code;
          // What a killed statement is answered with is the server's own error.
          stage.claim([row], code === 'ROUTER_UNKNOWN_OUTCOME' ? 'unknown' : 'refused');
        }
      }
      ended.abort();
      await killing;
    });
    const after = await stage.watch(() => guest.withShard(on, () => guest.pool.promise().query('SELECT 1')));
    return kills === 0 ? undefined : `${kills} kills; afterwards ${told(after)}`;
  },
};
