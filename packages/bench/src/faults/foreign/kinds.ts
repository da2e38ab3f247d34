import type { Fault } from './fault.ts';
import { longTransaction, openTransaction, otherCodec, transactions } from './kinds/batches.ts';
import {
  anyMessage,
  likeOurs,
  nullParts,
  oldEvents,
  onDeadLetters,
  onRetryTopics,
  otherSchemas,
} from './kinds/bytes.ts';
import { grown, readExpired, remadeRetryTopic, remadeTopic, unreadExpired } from './kinds/logs.ts';
import {
  brokerGone,
  brokerHangs,
  mongodbCut,
  mongodbGone,
  mongodbHangs,
  shardHangs,
  silentBroker,
  stepDown,
} from './kinds/servers.ts';
import { atTheLimit, hugeUnpacked, largeHeaders, largeViews, manyLarge } from './kinds/sizes.ts';

/** Every kind of fault of this run. */
export const KINDS: readonly Fault[] = [
  anyMessage,
  nullParts,
  likeOurs,
  onRetryTopics,
  onDeadLetters,
  otherSchemas,
  oldEvents,
  otherCodec,
  transactions,
  longTransaction,
  atTheLimit,
  manyLarge,
  largeHeaders,
  largeViews,
  hugeUnpacked,
  readExpired,
  unreadExpired,
  remadeTopic,
  remadeRetryTopic,
  grown,
  openTransaction,
  brokerHangs,
  brokerGone,
  mongodbHangs,
  mongodbGone,
  mongodbCut,
  stepDown,
  shardHangs,
  silentBroker,
];
