import { deadLetterTopicOf, retryTopicOf } from '@ordershard/order-events';
import type { DeadLetter } from '../projector/message.ts';
import { type Provenance, provenanceOf } from './provenance.ts';

/** How failed messages go round. */
export interface RouteOptions {
  /** The topic that is projected, with the cluster's prefix. */
  readonly topic: string;
  /** How long a message waits before each next try, milliseconds: the first delay is that of the first retry topic. */
  readonly delaysMs: readonly number[];
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

/**
 * Where a message goes that has failed `now`: what may succeed later to the next retry topic, each with a longer delay,
 * and past the last of them, or where it never can succeed, to the dead letters.
 */
export function stopOf(
  { message, reason, stack, retryable }: DeadLetter,
  options: RouteOptions,
  now: Date,
): Stop {
  const { topic, delaysMs, release } = options;
  const before = provenanceOf(message.headers);
  const reached = stageOf(message.topic, topic, delaysMs.length);
  const stage = retryable === true && reached < delaysMs.length ? reached + 1 : undefined;
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
      due,
    },
  };
}

/** The retry stage whose topic a message was read from; 0 for any other topic. */
function stageOf(read: string, topic: string, stages: number): number {
  for (let stage = 1; stage <= stages; stage += 1) if (read === retryTopicOf(topic, stage)) return stage;
  return 0;
}
