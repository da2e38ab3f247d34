import { balanceOf, type Summary } from './summary.ts';

const count = (value: number) => value.toLocaleString('en-US');
const ms = (value: number | null) => (value === null ? '-' : `${count(Math.round(value))} ms`);

/** The summary as a table for people, and what is wrong below it. */
export function toTable(summary: Summary): string {
  const { perShard, kills, visibleMs } = summary;
  const balance = balanceOf(perShard);
  const rows: [string, string][] = [
    ['orders acknowledged', count(summary.acknowledged)],
    [
      'requests',
      `${count(summary.requests)}${summary.surprises > 0 ? ` (${count(summary.surprises)} asked for again)` : ''}`,
    ],
    ...perShard.map((rowsOf, shard): [string, string] => [
      `rows on shard ${shard}`,
      `${count(rowsOf)} (${(balance[shard] ?? 0).toFixed(1)} %)`,
    ]),
    ['events in order per key', `${count(summary.events)} of ${count(summary.effects)}`],
    ['views', count(summary.views)],
    ['missing', count(summary.missing)],
    ['duplicated', count(summary.duplicated)],
    ['redelivered', count(summary.redelivered)],
    ['mismatched', count(summary.mismatched)],
    ['out of order', count(summary.outOfOrder)],
    ['personal data in logs', count(summary.leaked)],
    ['orders/s', `${count(Math.round(summary.ordersPerSecond))} over ${summary.seconds.toFixed(1)} s`],
    ['visible p50', ms(visibleMs.p50)],
    ['visible p99', ms(visibleMs.p99)],
  ];
  if (kills !== null) {
    const landed = kills.filter((kill) => kill.landed);
    const of = (victim: string) => landed.filter((kill) => kill.victim === victim).length;
    rows.push(['kills that landed', `${landed.length} (relay ${of('relay')}, projector ${of('projector')})`]);
  }
  if (summary.refusedRows > 0) rows.push(['input rows refused', count(summary.refusedRows)]);
  if (summary.failures.length > 0) rows.push(['failures', count(summary.failures.length)]);
  const width = Math.max(...rows.map(([name]) => name.length));
  return [...rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`), ...faults(summary)].join('\n');
}

const LISTED = 20;

function faults({ examples, failures }: Summary): string[] {
  const lines = [
    ...failures.slice(0, LISTED),
    ...examples.map(({ kind, place, subject, detail }) => `${kind} in ${place}: ${subject}: ${detail}`),
  ];
  return lines.length === 0 ? [] : ['', 'What is wrong, for example:', ...lines.map((line) => `  ${line}`)];
}
