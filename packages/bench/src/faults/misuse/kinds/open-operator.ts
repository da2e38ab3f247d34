import { type Bystander, isThere, nextBystander } from '../bystanders.ts';
import { OwnError } from '../outcome.ts';
import { told } from '../stage.ts';
import type { WrongUse } from '../wrong-use.ts';

/** An operator's function leaves a transaction, or its session, otherwise than it found it. */
export const openOperator: WrongUse = {
  name: 'a transaction left open in onShard',
  happen: async (stage) => {
    const { random, truth } = stage;
    const guest = await stage.guest({ poolSize: 1 });
    const shard = random.pick(guest.allShards());
    const [half, whole] = [nextBystander(), nextBystander()];
    const fails = random.chance(0.6);
    const begin = random.pick([
      'START TRANSACTION READ WRITE',
      'BEGIN',
      'SET autocommit = 0',
      '/* c */ START TRANSACTION',
    ]);
    const left = await stage.watch(() =>
      guest.onShard(shard, async (session) => {
        await session.execute(begin);
        await session.execute(...half.insert);
        if (fails) throw new OwnError('the job fails');
      }),
    );
    const next = await stage.watch(() => guest.onShard(shard, (session) => session.execute(...whole.insert)));
    const there = (bystander: Bystander) => isThere(truth, shard, bystander);
    if (next.outcome !== 'acknowledged') stage.violation(`the next caller: ${told(next)}`);
    else if (!(await there(whole))) stage.violation('what the next caller was acknowledged is not committed');
    if (fails && (await there(half))) stage.violation('half a job that failed is there');
    if (left.outcome === 'acknowledged' && !(await there(half)))
      stage.violation('a job was acknowledged, and what it wrote is gone');
    return `${begin}${fails ? ', then a failure' : ''}: ${told(left)}`;
  },
};
