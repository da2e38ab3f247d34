import { expect, test } from '@jest/globals';
import { TwinWatch } from './twin-watch.ts';

test('another process of the same name is told of when it lives longer than one that has died would seem to', () => {
  const watch = new TwinWatch('relay-1', 'relay-1#aaaa', 8_000);
  watch.observe(['relay-1#aaaa', 'relay-10#bbbb', 'relay-2#cccc'], 0);
  expect([watch.seen, watch.twin(9_000)]).toEqual([false, undefined]);
  watch.observe(['relay-1#aaaa', 'relay-1#dddd'], 10_000);
  expect([watch.seen, watch.twin(17_999), watch.twin(18_000)]).toEqual([true, undefined, 'relay-1']);
  watch.observe(['relay-1#aaaa'], 19_000);
  expect([watch.seen, watch.twin(30_000)]).toEqual([false, undefined]);
});
