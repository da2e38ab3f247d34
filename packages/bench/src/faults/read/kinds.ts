import type { Fault } from './fault.ts';
import { poisonMessage, poisonOrder, repeatEvents } from './kinds/messages.ts';
import { killProjector, outliveSession, rebalance } from './kinds/projectors.ts';
import { cutBroker, cutMongodb, killBroker, killMongodb } from './kinds/servers.ts';

/** Every kind of fault of this run. */
export const KINDS: readonly Fault[] = [
  killProjector,
  killMongodb,
  killBroker,
  rebalance,
  poisonOrder,
  poisonMessage,
  outliveSession,
  cutMongodb,
  cutBroker,
  repeatEvents,
];
