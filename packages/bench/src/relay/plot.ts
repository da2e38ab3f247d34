import { COLOURS, FAINT, rect, svgDocument, text, title, WIDTH } from '../measure/svg.ts';

const LABELS = 220;
const BAR = 22;
const GAP = 10;

/** How fast a relay drained a backlog that lay in some tables. */
export interface TablesFigures {
  readonly relay: string;
  readonly tables: number;
  readonly eventsPerSecond: number;
}

/** Events a second by the number of tables, for each relay, as an SVG document. */
export function plotTables(figures: readonly TablesFigures[]): string {
  const lines: string[] = [title(30, 'Events a second from a backlog, by the tables it lies in')];
  const most = Math.max(...figures.map(({ eventsPerSecond }) => eventsPerSecond));
  const room = WIDTH - LABELS - 160;
  const relays = [...new Set(figures.map(({ relay }) => relay))];
  let y = 60;
  for (const [index, relay] of relays.entries()) {
    for (const { tables, eventsPerSecond } of figures.filter((one) => one.relay === relay)) {
      const width = (eventsPerSecond / most) * room;
      const label = `${relay}, ${tables} ${tables === 1 ? 'table' : 'tables'}`;
      lines.push(
        text(LABELS - 10, y + 16, label, 'text-anchor="end"'),
        rect(LABELS, y, width, BAR, COLOURS[index % COLOURS.length]!),
        text(LABELS + width + 8, y + 16, eventsPerSecond.toFixed(0)),
      );
      y += BAR + GAP;
    }
    y += GAP;
  }
  lines.push(`<path d="M${LABELS} 54V${y - GAP}" stroke="${FAINT}"/>`);
  return svgDocument(y + 10, lines);
}
