import { setTimeout as sleep } from 'node:timers/promises';
import { textTable } from '../../measure/table.ts';
import { PacedLoad } from '../../isolation/paced-load.ts';
import type { FaultFigures, FaultResult, FaultRunOptions } from '../fault-run.ts';
import { Findings } from '../findings.ts';
import { Seeded } from '../seeded.ts';
import { figuresOf } from '../report.ts';
import { chosen, Tallies } from '../series.ts';
import { until } from '../until.ts';
import { Acknowledged } from './check.ts';
import { Client, type Offer } from './client.ts';
import type { Fault } from './fault.ts';
import { both, LATE, SINGLE } from './kinds.ts';
import { Scene } from './scene.ts';

/** How long each part is down, milliseconds. */
const FAULT_MS = 60_000;
/** Pairs of parts that are down together, drawn by the seed. */
const PAIRS = 4;
const PER_SECOND = 20;
/** The share of the offered orders that the system has to take. */
const TAKEN = 0.999;
/** How many times slower than in the calm before orders may be, when they need nothing that is down. */
const SLOWER = 1.5;
/** How long after a fault's end everything may take to be right again, milliseconds. */
const RECOVERED_WITHIN_MS = 180_000;

/** How one fault went. */
export interface Window {
  readonly fault: string;
  readonly evidence: string | undefined;
  readonly offered: number;
  readonly accepted: number;
  /** Parts that refusals named, by how often. */
  readonly refusals: Readonly<Record<string, number>>;
  readonly p99Ms: number;
  /** Against the calm before it. */
  readonly p99Ratio: number;
  /** Whether callers needed nothing that was down, and yet waited longer than in the calm, by more than a half. */
  readonly slow: boolean;
  /**
   * From the fault's end until every order that was acknowledged by then had ended; undefined when the run gave up waiting.
   */
  readonly recoveredMs: number | undefined;
}

/** The figures of a run, with those of each fault. */
export interface DegradeFigures extends FaultFigures {
  readonly windows: readonly Window[];
  /** Faults that slowed down orders which needed nothing that was down. The load of the machine counts too. */
  readonly slow: number;
}

const settingMs = (name: string, given: number) => {
  const value = Number(process.env[name] ?? given);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new RangeError(`${name} must be a whole number of milliseconds`);
};

/**
 * Takes parts away, each for a minute (`ORDERSHARD_FAULT_MS`), while members go on ordering: each third party down, slow and
 * lying; one shard down; Kafka down; MongoDB down; each process killed; processes started while a server is away; and some of
 * these together. `count` is how many of these it does, in their order; all by default.
 */
export async function run(
  options: FaultRunOptions,
): Promise<FaultResult & { readonly figures: DegradeFigures }> {
  return degrade(options, { faultMs: settingMs('ORDERSHARD_FAULT_MS', FAULT_MS), perSecond: PER_SECOND });
}

/** {@link run} with parts that are down for `faultMs`, and `perSecond` orders a second. */
export async function degrade(
  { count, seed, only, mysql, progress }: FaultRunOptions,
  { faultMs, perSecond }: { readonly faultMs: number; readonly perSecond: number },
): Promise<FaultResult & { readonly figures: DegradeFigures }> {
  const kinds = chosen([...SINGLE, ...LATE, ...pairs(new Seeded(seed))], only).slice(0, count);
  const findings = new Findings(({ kind, subject, detail }) => progress(`${kind} ${subject}: ${detail}`));
  const scene = await Scene.open({ seed, mysql, progress });
  const client = new Client(scene.origins, scene.token);
  const acknowledged = new Acknowledged(scene, findings);
  const offers: Offer[] = [];
  const load = new PacedLoad(perSecond, async () => {
    const offer = await client.offer();
    offers.push(offer);
    if (offer.number !== undefined) acknowledged.add(offer.number);
  });
  const windows: Window[] = [];
  try {
    await until('the system is warm', () => offers.length > 5 * perSecond);
    for (const kind of kinds) {
      const window = await play(kind, { scene, offers, acknowledged, faultMs });
      windows.push(window);
      judge(kind, window, findings);
      progress(
        `${kind.name}: ${window.accepted} of ${window.offered}, p99 ${window.p99Ms} ms, right after ${window.recoveredMs ?? '?'} ms`,
      );
    }
    await load.stop();
    await recovered(acknowledged);
    await acknowledged.judge();
  } finally {
    await load.stop();
    client.close();
    await scene.close();
  }
  const tallies = new Tallies();
  for (const { fault, evidence } of windows) tallies.add(fault, evidence);
  const figures: DegradeFigures = {
    ...figuresOf(tallies, findings, { redelivered: 0, acknowledged: acknowledged.count }),
    slow: windows.filter(({ slow }) => slow).length,
    windows,
  };
  return { figures, table: tableOf(windows, acknowledged.count, findings) };
}

/** Pairs of faults with different victims, drawn by the seed; one pair is always Kafka and MongoDB. */
function pairs(random: Seeded): Fault[] {
  const named = (name: string) => SINGLE.find((fault) => fault.name === name)!;
  const drawn = [both(named('Kafka down'), named('MongoDB down'))];
  while (drawn.length < PAIRS) {
    const [one, other] = [random.pick(SINGLE), random.pick(SINGLE)];
    if (one.victim !== other.victim) drawn.push(both(one, other));
  }
  return drawn;
}

interface Stage {
  readonly scene: Scene;
  readonly offers: readonly Offer[];
  readonly acknowledged: Acknowledged;
  readonly faultMs: number;
}

async function play(fault: Fault, { scene, offers, acknowledged, faultMs }: Stage): Promise<Window> {
  const calmFrom = performance.now();
  await sleep(faultMs / 2);
  const from = performance.now();
  const proof = await fault.begin(scene);
  await sleep(faultMs);
  const evidence = await proof();
  const to = performance.now();
  await fault.end(scene);
  const ended = performance.now();
  const isRight = await recovered(acknowledged);
  const recoveredMs = isRight ? Math.round(performance.now() - ended) : undefined;
  const during = offers.filter(({ at }) => at >= from && at < to);
  const refusals: Record<string, number> = {};
  for (const { refusal } of during)
    if (refusal !== undefined) refusals[refusal] = (refusals[refusal] ?? 0) + 1;
  const p99Ms = p99(during);
  const p99Ratio = p99Ms / p99(offers.filter(({ at }) => at >= calmFrom && at < from));
  return {
    fault: fault.name,
    evidence,
    offered: during.length,
    accepted: during.filter(({ number }) => number !== undefined).length,
    refusals,
    p99Ms,
    p99Ratio: Math.round(100 * p99Ratio) / 100,
    slow: !fault.felt && p99Ratio > SLOWER,
    recoveredMs,
  };
}

/**
 * Waits until every order that was acknowledged until now has ended, and is shown so. Returns false when that takes too long.
 */
async function recovered(acknowledged: Acknowledged): Promise<boolean> {
  const { open } = acknowledged;
  const deadline = performance.now() + RECOVERED_WITHIN_MS;
  while (!(await acknowledged.haveEnded(open).catch(() => false))) {
    if (performance.now() > deadline) return false;
    await sleep(100);
  }
  return true;
}

function judge(fault: Fault, { offered, accepted, refusals, recoveredMs }: Window, findings: Findings): void {
  if (recoveredMs === undefined)
    findings.add('mismatched', fault.name, `was not right again after ${RECOVERED_WITHIN_MS / 1_000} s`);
  if (accepted < offered * TAKEN)
    findings.add('mismatched', fault.name, `took ${accepted} of ${offered} orders`);
  if (refusals[''] !== undefined)
    findings.add('mismatched', fault.name, `${refusals['']} refusals named no part`);
}

function p99(offers: readonly Offer[]): number {
  const sorted = offers
    .filter(({ number }) => number !== undefined)
    .map(({ ms }) => ms)
    .toSorted((a, b) => a - b);
  return Math.round((sorted[Math.max(0, Math.ceil(sorted.length * 0.99) - 1)] ?? 0) * 10) / 10;
}

function tableOf(windows: readonly Window[], count: number, findings: Findings): string {
  return [
    textTable(
      ['fault', 'offered', 'accepted', 'refusals', 'p99 ms', 'ratio', 'right again after s'],
      windows.map(({ fault, evidence, offered, accepted, refusals, p99Ms, p99Ratio, slow, recoveredMs }) => [
        evidence === undefined ? `${fault} (not proved)` : fault,
        String(offered),
        String(accepted),
        Object.entries(refusals)
          .map(([part, times]) => `${times} ${part || 'nameless'}`)
          .join(', ') || 'none',
        String(p99Ms),
        `${p99Ratio}${slow ? ' (slow)' : ''}`,
        recoveredMs === undefined ? 'never' : (recoveredMs / 1_000).toFixed(1),
      ]),
    ),
    '',
    ...windows.map(({ fault, evidence }) => `${fault}: ${evidence ?? 'not proved'}`),
    '',
    `${count} orders acknowledged`,
    ...findings
      .all()
      .slice(0, 20)
      .map(({ kind, subject, detail }) => `  ${kind} ${subject}: ${detail}`),
  ].join('\n');
}
