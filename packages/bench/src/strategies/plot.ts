import { COLOURS, FAINT, INK, rect, svgDocument, text, title, WIDTH } from '../measure/svg.ts';
import type { BalanceFigures } from './balance.ts';
import type { GrowthFigures } from './growth.ts';

const LABELS = 290;
const BAR = 16;

/**
 * Three panels as an SVG document: each shard's part of the day's orders, the busiest shard's part of each half-hour,
 * and the keys that move when one shard more comes. Equal figures give equal text.
 */
export function plotStrategies(balance: readonly BalanceFigures[], growth: readonly GrowthFigures[]): string {
  const parts = panelOfShares(balance, 60);
  const day = panelOfDay(
    balance.filter(({ key }) => key === 'number'),
    parts.bottom + 70,
  );
  const moves = panelOfMoves(growth, day.bottom + 70);
  const height = moves.bottom + 20;
  return svgDocument(height, [...parts.lines, ...day.lines, ...moves.lines]);
}

interface Panel {
  readonly lines: readonly string[];
  readonly bottom: number;
}

function percent(part: number): string {
  return `${(part * 100).toFixed(1)} %`;
}

/** A bar a strategy, cut into the parts of its shards. */
function panelOfShares(balance: readonly BalanceFigures[], top: number): Panel {
  const span = WIDTH - LABELS - 120;
  const lines = [title(top - 30, 'Each shard’s part of a day’s orders, four shards')];
  for (const [row, { name, key, shares, maxDeviation }] of balance.entries()) {
    const y = top + row * (BAR + 8);
    lines.push(text(LABELS - 10, y + 13, `${name} (${key})`, 'text-anchor="end"'));
    let x: number = LABELS;
    for (const [shard, share] of shares.entries()) {
      lines.push(rect(x, y, share * span, BAR, COLOURS[shard % COLOURS.length]!));
      x += share * span;
    }
    lines.push(text(x + 8, y + 13, `± ${percent(maxDeviation)}`));
  }
  const bottom = top + balance.length * (BAR + 8);
  for (const quarter of [0.25, 0.5, 0.75]) {
    const x = LABELS + quarter * span;
    lines.push(`<path d="M${x} ${top - 6}V${bottom}" stroke="${INK}" stroke-dasharray="3 3"/>`);
  }
  return {
    lines: [...lines, text(LABELS, bottom + 16, 'dashed: an even spread; ±: the shard farthest from it')],
    bottom: bottom + 16,
  };
}

/** A line a strategy over the day. */
function panelOfDay(balance: readonly BalanceFigures[], top: number): Panel {
  const [left, right, height] = [60, WIDTH - 260, 180];
  const xOf = (halfHour: number) => left + (halfHour / 48) * (right - left);
  const yOf = (share: number) => top + (1 - share) * height;
  const lines = [
    title(top - 30, 'The busiest shard’s part of the orders of each half-hour, routed by number'),
  ];
  for (const share of [0, 0.25, 0.5, 0.75, 1]) {
    lines.push(`<path d="M${left} ${yOf(share)}H${right}" stroke="${FAINT}"/>`);
    lines.push(text(left - 8, yOf(share) + 4, `${share * 100} %`, 'text-anchor="end"'));
  }
  for (const hour of [0, 6, 12, 18, 24]) {
    lines.push(text(xOf(hour * 2), top + height + 18, `${hour}:00`, 'text-anchor="middle"'));
  }
  for (const [i, { name, busiestByHalfHour }] of balance.entries()) {
    const points = busiestByHalfHour.flatMap((share, halfHour) =>
      share === 0 ? [] : [`${xOf(halfHour + 0.5).toFixed(1)},${yOf(share).toFixed(1)}`],
    );
    const colour = COLOURS[i]!;
    const dash = ['', '', '6 4', '2 3'][i]!;
    lines.push(
      `<polyline points="${points.join(' ')}" fill="none" stroke="${colour}" stroke-width="2.5" stroke-dasharray="${dash}"/>`,
    );
    lines.push(
      `<path d="M${right + 20} ${top + 12 + i * 22}h30" stroke="${colour}" stroke-width="2.5" stroke-dasharray="${dash}"/>`,
    );
    lines.push(text(right + 58, top + 16 + i * 22, name));
  }
  return { lines, bottom: top + height + 18 };
}

/** Two bars a way to grow: from two shards, and from four. */
function panelOfMoves(growth: readonly GrowthFigures[], top: number): Panel {
  const span = WIDTH - LABELS - 120;
  const lines = [title(top - 30, 'Keys that live on another shard after one shard more')];
  const ways = Map.groupBy(growth, ({ way }) => way);
  let y = top;
  for (const [way, figures] of ways) {
    lines.push(text(LABELS - 10, y + BAR + 2, way, 'text-anchor="end"'));
    for (const [i, { from, moved }] of figures.entries()) {
      lines.push(rect(LABELS, y, Math.max(1, moved * span), BAR - 2, COLOURS[i]!));
      lines.push(text(LABELS + moved * span + 8, y + 12, `${percent(moved)}  (${from} → ${from + 1})`));
      y += BAR;
    }
    y += 8;
  }
  return { lines, bottom: y };
}
