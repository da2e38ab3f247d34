import { deadLetterTopicOf, retryTopicOf } from '@ordershard/order-events';
import type { DeadLetter } from '../projector/message.ts';
import { type Provenance, provenanceOf } from './provenance.ts';

/** Decides how failed messages go round. */
export interface RouteOptions {
  /** The topic that is projected, with the cluster's prefix. */
  readonly topic: string;
  /** How long a message waits before each next try, milliseconds: the first delay is that of the first retry topic. */
  readonly delaysMs: readonly number[];
  /** The consumer group of the projectors of that topic. */
  readonly group: string;
  /** The name of the deployed release. */
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
 * The longest bearable delay of a message that waits for something that is away. When all delays are longer, the first one is
 * used.
 */
const AWAITING_DELAY_MS = 60_000;

/**
 * Decides where a message goes that has failed `now`. A message that may succeed later goes to the next retry topic; each has
 * a longer delay. After the last retry topic, or when the message never can succeed, it goes to the dead letters. A message
 * that waits for something that is away goes as far as the retry topic of the longest bearable delay, and round in that one
 * until the thing is back.
 */
export function stopOf(
  { message, reason, stack, retryable, awaits }: DeadLetter,
  options: RouteOptions,
  now: Date,
): Stop {
  const { topic, delaysMs, group, release } = options;
  // On the projected topic no message has failed yet: headers there that say otherwise were written by somebody else.
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

/** Returns the next stage, up to the last one with a bearable delay; from a stage beyond that, goes back to it. */
function awaitingStage(reached: number, delaysMs: readonly number[]): number {
  const bearable = Math.max(1, delaysMs.findLastIndex((delay) => delay <= AWAITING_DELAY_MS) + 1);
  return Math.min(reached + 1, bearable);
}

/** The retry stage whose topic a message was read from; 0 for any other topic. */
function stageOf(read: string, topic: string, stages: number): number {
  for (let stage = 1; stage <= stages; stage += 1) if (read === retryTopicOf(topic, stage)) return stage;
  return 0;
}
