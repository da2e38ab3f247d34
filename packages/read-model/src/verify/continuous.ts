import { type Logger, type Running, serveHealth } from '@ordershard/process';
import { withOperatorParts } from '../cli/operator-parts.ts';
import type { OperatorSettings } from '../cli/operator-settings.ts';
import { isRetryable, logged, pause, retryPause } from '../projector/retrying.ts';
import { ORDER_VIEWS_PROJECTION, servingCollection } from '../views/collections.ts';
import { orderViews } from '../views/order-views.ts';
import { VerifyMetrics } from './metrics.ts';
import type { PassProgress } from './progress.ts';
import { runVerify } from './run-verify.ts';

export interface ContinuousOptions {
  readonly repair: boolean;
  readonly chunk: number;
  readonly rate: number;
  /** Seconds to wait for events on their way. */
  readonly patience: number;
  /** Seconds from the start of a pass to the start of the next. */
  readonly every: number;
  readonly collection?: string;
}

/**
 * Compares again and again. Its health shows the result of the last whole pass, and how old that is. It is not ready while a
 * server keeps it from its work; differences do not change that.
 */
export async function startContinuous(
  settings: OperatorSettings,
  log: Logger,
  options: ContinuousOptions,
): Promise<Running> {
  const stopping = new AbortController();
  const { signal } = stopping;
  let last: PassProgress | undefined;
  let current: PassProgress | undefined;
  let problem: string | undefined;
  const metrics = new VerifyMetrics();
  const work = async () => {
    for (let failures = 0; !signal.aborted;) {
      const begun = performance.now();
      try {
        const done = await onePass(settings, options, signal, (progress) => {
          current = progress;
        });
        if (done.finished) {
          last = done;
          metrics.ended(done);
          log.info({ counts: done.counts }, 'compared all orders with their views');
        }
        [failures, problem, current] = [0, undefined, undefined];
        metrics.problem(false);
        await pause(Math.max(0, options.every * 1_000 - (performance.now() - begun)), signal);
      } catch (error) {
        problem = (error as Error).message;
        metrics.problem(true);
        log.warn(logged(error), isRetryable(error) ? 'a pass failed; it goes on later' : 'a pass failed');
        await pause(retryPause(failures), signal);
        failures += 1;
      }
    }
  };
  const working = work();
  const health = await serveHealth(
    {
      metrics: () => metrics.text(),
      ready: () => ({
        ok: problem === undefined,
        detail: {
          problem,
          lastPass: last && {
            finishedAt: last.updatedAt.toISOString(),
            ageSeconds: Math.round((Date.now() - last.updatedAt.getTime()) / 1_000),
            ...last.counts,
          },
          running: current && { startedAt: current.startedAt.toISOString(), ...current.counts },
        },
      }),
    },
    settings.healthPort,
    settings.healthHost,
  );
  return {
    port: health.port,
    stop: async () => {
      stopping.abort();
      await working;
      await health.close();
    },
  };
}

function onePass(
  settings: OperatorSettings,
  { repair, chunk, rate, patience, collection }: ContinuousOptions,
  signal: AbortSignal,
  report: (progress: PassProgress) => void,
): Promise<PassProgress> {
  return withOperatorParts(settings, patience * 1_000, async (parts) => {
    const name = collection ?? (await servingCollection(parts.db, ORDER_VIEWS_PROJECTION));
    return runVerify(parts, orderViews(parts.db, name), {
      repair,
      chunk,
      rate,
      signal,
      report,
      restart: false,
    });
  });
}
