import type { Fault } from './fault.ts';
import { killBroker, stopBroker } from './kinds/broker.ts';
import { cutAfter, cutBefore, cutDuring, cutLate } from './kinds/cut-produce.ts';
import { cutShard, isolateFromShard } from './kinds/cut-shard.ts';
import { isolateFromBroker } from './kinds/isolate-from-broker.ts';
import { killRelay } from './kinds/kill-relay.ts';
import { killShard } from './kinds/kill-shard.ts';
import { outliveLease, stopRelay } from './kinds/stop-relay.ts';

/** Every kind of fault of this run. */
export const KINDS: readonly Fault[] = [
  killRelay,
  stopRelay,
  outliveLease,
  killBroker,
  stopBroker,
  killShard,
  cutBefore,
  cutDuring,
  cutAfter,
  cutLate,
  cutShard,
  isolateFromShard,
  isolateFromBroker,
];
