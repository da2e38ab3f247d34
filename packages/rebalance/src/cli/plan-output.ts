import type { MoveKind } from '../move/move-plan.ts';
import type { MadePlan } from '../plan/make-plan.ts';
import type { Printed } from './output.ts';
import { durationText } from './progress.ts';

const percent = (part: number) => `${(part * 100).toFixed(1)} %`;

/** Bytes as people say them. */
export function bytesText(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let at = 0;
  while (value >= 1_024 && at < units.length - 1) {
    value /= 1_024;
    at += 1;
  }
  return `${at === 0 ? value : value.toFixed(1)} ${units[at]}`;
}

/** How a plan is printed. */
export function planPrinted(made: MadePlan): Printed {
  const { plan, flows, rows, bytes, seconds, least, imbalance, incoming, databaseBytes } = made;
  const count = (kind: MoveKind) => plan.moves.filter((move) => move.kind === kind).length;
  const texts = count('texts');
  const facts = {
    'map version': plan.mapVersion,
    'buckets that move': `${count('numbers')} of numbers (${least} at the least), ${count('keys')} of keys${texts === 0 ? '' : `, ${texts} of texts`}`,
    rows,
    bytes: bytesText(bytes),
    'expected time': durationText(seconds),
    'farthest from even': `${percent(imbalance.before)} now, ${percent(imbalance.after)} afterwards`,
  };
  return {
    facts,
    rows: flows.map((flow) => ({
      ...flow,
      from: String(flow.from),
      to: String(flow.to),
      bytes: bytesText(flow.bytes),
    })),
    none: 'Nothing has to move.',
    remarks:
      plan.moves.length === 0
        ? []
        : [
            ...[...incoming].map(([shard, more]) => {
              const now = bytesText(Number(databaseBytes.get(shard) ?? 0n));
              return `shard ${shard} holds ${now} and gets ${bytesText(more)}`;
            }),
            `By move (\`run\`): ${rows.toLocaleString('en-US')} rows are copied online, even after about ${durationText(seconds)}.`,
            'By epoch (`undrain`, `drain`): no row is copied; new orders go by the new assignment from a moment at ' +
              'least a minute ahead. It needs every shard up at its opening, and is even only after the retention ' +
              '(30 days).',
          ],
    json: {
      plan,
      flows,
      rows,
      bytes,
      seconds,
      least,
      imbalance,
      incoming: Object.fromEntries(incoming),
    },
  };
}
