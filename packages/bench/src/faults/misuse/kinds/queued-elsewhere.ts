import { called, callbackConnectionOf, connectionOf } from '../driver.ts';
import { whileElsewhere } from '../fences.ts';
import { insertOf, told } from '../stage.ts';
import type { WrongUse } from '../wrong-use.ts';

/** Begin, insert and commit sent at once to a shard that has given the bucket away, which the router has not heard of. */
export const queuedElsewhere: WrongUse = {
  name: 'queued on a shard that is not the owner',
  setsFences: true,
  happen: async (stage) => {
    const { truth, random } = stage;
    const guest = await stage.guest({ mapPollMs: 60_000 });
    const number = stage.number({ byHand: true });
    const row = stage.row(number);
    const { sql, values } = insertOf(row);
    const fenced = { number, bucket: row.bucket, shard: guest.shardOf(number) };
    const to = random.pick(guest.allShards().filter((shard) => shard !== fenced.shard));
    const callbacks = random.chance(0.5);
    const statuses: string[] = [];
    await whileElsewhere(truth, fenced, to, async () => {
      const answer = await stage.watch(() =>
        guest.withKey(number, async () => {
          let sent: readonly Promise<unknown>[];
          let release: () => void;
          if (callbacks) {
            const connection = await callbackConnectionOf(guest);
            release = () => connection.release();
            sent = [
              called((done) => connection.beginTransaction(done)),
              called((done) => connection.query(sql, values, done)),
              called((done) => connection.commit(done)),
            ];
          } else {
            const connection = await connectionOf(guest);
            release = () => connection.release();
            sent = [connection.beginTransaction(), connection.query(sql, values), connection.commit()];
          }
          const all = await Promise.allSettled(sent);
          statuses.push(all.map(({ status }) => status).join(' '));
          release();
          for (const one of all) if (one.status === 'rejected') throw one.reason;
        }),
      );
      const found = await truth.usesOf(number);
      for (const { shard, id } of found)
        if (id === row.id && shard !== to)
          stage.violation(`written on shard ${shard}, owned by ${to}: ${told(answer)}`);
      if (answer.outcome === 'acknowledged' && !found.some(({ id, shard }) => id === row.id && shard === to))
        stage.violation('acknowledged, and not on the owner');
      if (answer.outcome === 'refused' && found.some(({ id }) => id === row.id))
        stage.violation('refused, and there');
      stage.claim([row], found.some(({ id }) => id === row.id) ? 'acknowledged' : 'refused');
    });
    return `${callbacks ? 'callbacks' : 'promises'}: ${statuses.join(', then ')}`;
  },
};
