import { Gauge, Histogram, type Registry } from 'prom-client';
import type { ApiHandler } from './locals.ts';
import type { Operation } from './operation.ts';

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Metrics of what the API is asked. Labels: the id of the operation, and the status: a bounded number of each. */
export class ApiMetrics {
  readonly #seconds: Histogram<'operation' | 'status'>;

  constructor(register: Registry, followers: () => number) {
    const registers = [register];
    this.#seconds = new Histogram({
      name: 'ordershard_api_request_seconds',
      help: 'Requests, from the operation being known to the answer being handed over.',
      labelNames: ['operation', 'status'],
      buckets: SECONDS,
      registers,
    });
    const gauge: Gauge = new Gauge({
      name: 'ordershard_api_followers',
      help: 'Callers that follow an order now.',
      registers,
      collect: () => gauge.set(followers()),
    });
  }

  /** The stage that times an operation. */
  of({ id }: Operation): ApiHandler {
    return (_request, response, next) => {
      const start = performance.now();
      response.once('finish', () => {
        this.#seconds.observe(
          { operation: id, status: response.statusCode },
          (performance.now() - start) / 1_000,
        );
      });
      next();
    };
  }
}
