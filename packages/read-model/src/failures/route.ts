import { deadLetterTopicOf, retryTopicOf } from '@ordershard/order-events';
import type { DeadLetter } from '../projector/message.ts';
import { type Provenance, provenanceOf } from './provenance.ts';

/** How failed messages go round. */
export interface RouteOptions {
  /** The topic that is projected, with the cluster's prefix. */
  readonly topic: string;
  /** How long a message waits before each next try, milliseconds: the first delay is that of the first retry topic. */
  readonly delaysMs: readonly number[];
  /** The consumer group of those that project it. */
  readonly group: string;
  /** What is deployed. */
  readonly release: string;
}

/** Where a failed message goes. */
export interface Stop {
  readonly topic: string;
  /** The retry stage, from 1; undefined for a dead letter. */
  readonly stage: number | undefined;
  readonly provenance: Provenance;
}

/** What waits for something that is away is tried again as seldom as that, if there is so long a delay. */
const AWAITING_DELAY_MS = 60_000;

/**
 * Where a message goes that has failed `now`: what may succeed later to the next retry topic, each with a longer delay,
 * and past the last of them, or where it never can succeed, to the dead letters. What waits for something that is away
 * goes round in one retry topic until that is there.
 */
export function stopOf(
  { message, reason, stack, retryable, awaits }: DeadLetter,
  options: RouteOptions,
  now: Date,
): Stop {
  const { topic, delaysMs, group, release } = options;
  // On the topic that is projected nothing has failed yet: what looks so is somebody else's.
  const before = message.topic === topic ? undefined : provenanceOf(message.headers);
  const reached = stageOf(message.topic, topic, delaysMs.length);
  const next = retryable === true && reached < delaysMs.length ? reached + 1 : undefined;
  const stage = awaits === undefined ? next : awaitingStage(reached, delaysMs);
  const due = stage === undefined ? undefined : new Date(now.getTime() + delaysMs[stage - 1]!);
  return {
    topic: stage === undefined ? deadLetterTopicOf(topic) : retryTopicOf(topic, stage),
    stage,
    provenance: {
      topic: before?.topic ?? message.topic,
      partition: before?.partition ?? message.partition,
      offset: before?.offset ?? message.offset,
      firstFailedAt: before?.firstFailedAt ?? now,
      failedAt: now,
      attempts: (before?.attempts ?? 0) + 1,
      reason,
      stack,
      release,
      letter: before?.letter,
      awaits,
      group: stage === undefined ? undefined : group,
      due,
    },
  };
}

/** The next stage, up to the longest of bearable delay; from one beyond that, back to it. */
function awaitingStage(reached: number, delaysMs: readonly number[]): number {
  const bearable = Math.max(1, delaysMs.findLastIndex((delay) => delay <= AWAITING_DELAY_MS) + 1);
  return Math.min(reached + 1, bearable);
}

/** The retry stage whose topic a message was read from; 0 for any other topic. */
function stageOf(read: string, topic: string, stages: number): number {
  for (let stage = 1; stage <= stages; stage += 1) if (read === retryTopicOf(topic, stage)) return stage;
  return 0;
}
