import { COLOURS, FAINT, rect, svgDocument, text, title, WIDTH } from '../measure/svg.ts';
import type { CallersFigures } from './compare.ts';
import type { ContenderKind } from './contender.ts';

const LABELS = 170;
const BAR = 16;
const GAP = 6;

const COLOUR: Record<ContenderKind, string> = {
  builder: COLOURS[4],
  driver: COLOURS[6],
  floor: COLOURS[1],
  ours: COLOURS[0],
};

/** Orders per second of all contenders, a panel for each number of callers, as an SVG document. */
export function plotWrites(figures: Readonly<Record<number, CallersFigures>>): string {
  const lines: string[] = [];
  let top = 60;
  for (const [callers, { contenders }] of Object.entries(figures)) {
    lines.push(
      title(top - 30, `Orders placed a second, ${callers} ${callers === '1' ? 'caller' : 'callers'}`),
    );
    const most = Math.max(...contenders.map(({ perSecond }) => perSecond));
    const scale = (WIDTH - LABELS - 190) / most;
    for (const [row, { name, kind, perSecond, p50, p99 }] of contenders.entries()) {
      const y = top + row * (BAR + GAP);
      lines.push(text(LABELS - 10, y + 13, name, 'text-anchor="end"'));
      lines.push(rect(LABELS, y, perSecond * scale, BAR, COLOUR[kind]));
      const said = `${perSecond.toFixed(0)}   p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`;
      lines.push(text(LABELS + perSecond * scale + 8, y + 13, said));
    }
    const bottom = top + contenders.length * (BAR + GAP);
    lines.push(`<path d="M${LABELS} ${top - 6}V${bottom}" stroke="${FAINT}"/>`);
    top = bottom + 70;
  }
  return svgDocument(top - 40, lines);
}
