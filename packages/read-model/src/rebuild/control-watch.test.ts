import { expect, test } from '@jest/globals';
import { createLogger } from '@ordershard/process';
import type { Control } from './control.ts';
import { ControlWatch } from './control-watch.ts';

test('an epoch is acknowledged when no batch is under way that goes by an older one', async () => {
  let control: Control = { epoch: 1, serving: 'old', targets: ['old'], builds: 0 };
  const said: number[] = [];
  const watch = new ControlWatch(
    { read: async () => control },
    { acknowledge: async (_id, _role, epoch) => void said.push(epoch), leave: async () => undefined },
    'p',
    createLogger('test', 'silent'),
  );
  await watch.poll();
  const batch = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<readonly string[]>();
  const work = watch.withTargets(async (targets) => {
    begun.resolve(targets);
    await batch.promise;
  });
  expect(await begun.promise).toEqual(['old']);
  control = { ...control, epoch: 2, targets: ['new', 'old'] };
  await watch.poll();
  expect(said).toEqual([1]);
  batch.resolve();
  await work;
  await watch.poll();
  expect(said).toEqual([1, 2]);
  await watch.withTargets(async (targets) => expect(targets).toEqual(['new', 'old']));
  await watch.stop();
});
