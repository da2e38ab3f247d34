import { ORDER_STATUSES } from '@ordershard/order-events';
import { orderAfter } from '../fixtures/order-samples.ts';
import { ENDINGS, STEPS, type ChangeOrder } from './command.ts';
import { decide } from './decide.ts';
import { evolve } from './evolve.ts';
import { isFinal, type Order } from './order.ts';
import { actorsOf } from './rules.ts';

/** Commands on orders that were not paid and on those that were: what may follow differs. */
const COMMANDS = [...STEPS, ...ENDINGS];

/** One edge of the diagram: which command takes an order from a state to another, and whose command that can be. */
interface Transition {
  readonly from: string;
  readonly to: string;
  readonly command: string;
  readonly by: readonly string[];
}

const NOW = new Date('2026-01-02T03:04:05.678Z');

/** A page with the diagram of an order's states: found by asking `decide` for every command in every state. */
export function stateDiagram(): string {
  const edges = transitions();
  const ends = [...new Set(edges.flatMap(({ from, to }) => [from, to]))].filter(
    (state) => !edges.some(({ from }) => from === state),
  );
  const lines = [
    '  [*] --> created: place',
    ...edges.map(({ from, to, command }) => `  ${from} --> ${to}: ${command}`),
    ...ends.map((state) => `  ${state} --> [*]`),
  ];
  const rows = edges.map(({ from, to, command, by }) => [`\`${command}\``, from, to, by.join(', ')]);
  return `# The states of an order

Written by \`npm run api-docs -- --write\` from the rules of the domain: do not edit.

\`\`\`mermaid
stateDiagram-v2
${lines.join('\n')}
\`\`\`

${table(['command', 'from', 'to', 'by'], rows)}
`;
}

function transitions(): readonly Transition[] {
  const found: Transition[] = [];
  const seen = new Set<string>();
  const open: Order[] = [orderAfter()];
  for (let state = open.shift(); state !== undefined; state = open.shift()) {
    const from = nameOf(state);
    if (seen.has(from)) continue;
    seen.add(from);
    for (const command of COMMANDS) {
      const reached = new Map<string, { readonly next: Order; readonly by: string[] }>();
      for (const by of actorsOf(command)) {
        const next = after(
          state,
          (command === 'cancel' || command === 'refund'
            ? { type: command, by, reason: 'r' }
            : { type: command, by }) as ChangeOrder,
        );
        if (next === undefined) continue;
        const entry = reached.get(nameOf(next)) ?? { next, by: [] };
        entry.by.push(by);
        reached.set(nameOf(next), entry);
      }
      for (const [to, { next, by }] of reached) {
        found.push({ from, to, command, by });
        open.push(next);
      }
    }
  }
  const rank = (state: string) => ORDER_STATUSES.findIndex((status) => state.startsWith(status));
  return found.toSorted(
    (a, b) => rank(a.from) - rank(b.from) || (a.from < b.from ? -1 : a.from > b.from ? 1 : 0),
  );
}

function after(state: Order, command: ChangeOrder): Order | undefined {
  try {
    return decide(command, state, NOW).reduce<Order>(evolve, state);
  } catch {
    return undefined;
  }
}

/** A cancelled order that was paid can still be given back: it is another state than one that was not. */
function nameOf(order: Order): string {
  return order.status === 'cancelled' && isFinal(order) ? 'cancelled_unpaid' : order.status;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]!.length)),
  );
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`;
  return [line(head), `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...rows.map(line)].join(
    '\n',
  );
}
