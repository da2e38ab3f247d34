import { Gauge, Registry } from 'prom-client';

/** The measures of one third party. */
export interface PartyMeasures {
  readonly party: string;
  readonly breakerOpen: boolean;
  readonly callsMade: number;
  readonly callsFailed: number;
  readonly callsUnderWay: number;
  readonly ordersWaiting: number;
  readonly ordersSetAside: number;
}

const MEASURES: Readonly<Record<keyof Omit<PartyMeasures, 'party'>, readonly [name: string, help: string]>> =
  {
    breakerOpen: ['ordershard_third_party_breaker_open', '1 while the third party is left alone.'],
    callsMade: ['ordershard_third_party_calls', 'Calls since the start.'],
    callsFailed: ['ordershard_third_party_calls_failed', 'Calls that failed since the start.'],
    callsUnderWay: ['ordershard_third_party_calls_under_way', 'Calls under way.'],
    ordersWaiting: [
      'ordershard_third_party_orders_waiting',
      'Orders that something is done for, or tried again.',
    ],
    ordersSetAside: [
      'ordershard_third_party_orders_set_aside',
      'Orders that the third party refuses, since the start.',
    ],
  };

/** Metrics of third parties in the format of Prometheus, read when they are asked for. */
export class PartyMetrics {
  readonly #registry = new Registry();
  readonly #gauges = Object.entries(MEASURES).map(
    ([measure, [name, help]]) =>
      [
        measure as keyof typeof MEASURES,
        new Gauge({ name, help, labelNames: ['party'], registers: [this.#registry] }),
      ] as const,
  );

  text(parties: readonly PartyMeasures[]): Promise<string> {
    for (const measures of parties) {
      for (const [measure, gauge] of this.#gauges)
        gauge.set({ party: measures.party }, Number(measures[measure]));
    }
    return this.#registry.metrics();
  }
}
