import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { ApiMetrics, registerRefusalMetrics, registerTableMetrics } from '@ordershard/order-service/bench';
import { ORDERS_TOPIC, RelayMetrics } from '@ordershard/outbox';
import { FailureMetrics, LogMetrics, VerifyMetrics } from '@ordershard/read-model';
import { prometheusObserver } from '@ordershard/shard-router/prometheus';
import { PartyMetrics } from '@ordershard/third-parties';
import { Registry } from 'prom-client';

const docker = (path: string) => readFileSync(new URL(`../../../../docker/${path}`, import.meta.url), 'utf8');

/** The names and types of all metrics that the processes register. */
async function registered(): Promise<ReadonlyMap<string, string>> {
  const registry = new Registry();
  void new ApiMetrics(registry, () => 0);
  registerRefusalMetrics(registry, {
    overload: () => ({ limit: 0, underWay: 0, shed: 0, waiting: 0 }),
    keysUnavailable: () => 0,
    missingShards: () => 0,
    tokenKeys: () => ({ state: 'up' }),
    health: () => ({ done: 0, failed: 0, causes: {} }),
  });
  registerTableMetrics(registry, () => []);
  prometheusObserver({ register: registry });
  void new FailureMetrics(registry, new Map());
  void new LogMetrics(registry);
  const texts = [
    await registry.metrics(),
    await new RelayMetrics(ORDERS_TOPIC).text(),
    await new VerifyMetrics().text(),
    await new PartyMetrics().text([]),
  ];
  return new Map(
    texts.flatMap((text) =>
      [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [name!, type!] as const),
    ),
  );
}

interface Dashboard {
  readonly panels: readonly {
    readonly title: string;
    readonly targets?: readonly { readonly expr: string }[];
  }[];
}

const FILES = {
  'prometheus/rules.yaml': (text: string) => [...text.matchAll(/^ +expr: (.+)$/gm)].map(([, expr]) => expr!),
  'grafana/ordershard.json': (text: string) =>
    (JSON.parse(text) as Dashboard).panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)),
} as const;

/** Of a histogram, its series. */
const SERIES = /_(?:bucket|count|sum)$/;

describe.each(Object.entries(FILES))('docker/%s', (path, exprsOf) => {
  const exprs = exprsOf(docker(path));

  test('names no metric that no process registers', async () => {
    const types = await registered();
    const names = exprs.flatMap((expr) => expr.match(/\bordershard_[a-z_]+/g) ?? []);
    expect(names.length).toBeGreaterThan(15);
    const unknown = names.filter((name) =>
      types.get(name.replace(SERIES, '')) === 'histogram' ? !SERIES.test(name) : !types.has(name),
    );
    expect(unknown).toEqual([]);
  });

  test('takes the rate of what only rises, and of nothing else', async () => {
    const types = await registered();
    // What third parties were asked is a gauge that only rises.
    const rising = (name: string) =>
      SERIES.test(name) || types.get(name) === 'counter' || name.startsWith('ordershard_third_party_');
    const rated = exprs.flatMap((expr) =>
      [...expr.matchAll(/(?:rate|increase)\((ordershard_[a-z_]+)/g)].map(([, name]) => name!),
    );
    expect(rated.filter((name) => !rising(name))).toEqual([]);
  });

  test('has pairs of brackets', () => {
    const count = (expr: string, bracket: string) => expr.split(bracket).length;
    const odd = exprs.filter((expr) =>
      ['()', '[]', '{}'].some(([open, close]) => count(expr, open!) !== count(expr, close!)),
    );
    expect(odd).toEqual([]);
  });
});

test('each alert says where to look, in a file that is there', () => {
  const rules = docker('prometheus/rules.yaml');
  for (const [, path] of rules.matchAll(/runbook: (\S+)/g))
    expect(readFileSync(new URL(`../../../../${path}`, import.meta.url), 'utf8')).not.toBe('');
});
