import { COLOURS, FAINT, rect, svgDocument, text, title, WIDTH } from '../measure/svg.ts';

const LABELS = 120;
const BAR = 22;
const GAP = 10;

/** What was measured on some servers. CPU time in milliseconds an order. */
export interface ScaleFigures {
  readonly shards: number;
  readonly ordersPerSecond: number;
  readonly cpuMsPerOrder: number;
  readonly clientCpuMsPerOrder: number;
  readonly serverCpuMsPerOrder: number;
}

/** CPU time an order and orders a second, by servers, as an SVG document. */
export function plotScaleOut(figures: readonly ScaleFigures[]): string {
  const lines: string[] = [title(30, 'CPU time an order, milliseconds: ours, then MySQL')];
  const room = WIDTH - LABELS - 300;
  const costliest = Math.max(...figures.map(({ cpuMsPerOrder }) => cpuMsPerOrder));
  const top = 60;
  for (const [row, one] of figures.entries()) {
    const y = top + row * (BAR + GAP);
    const [client, server] = [one.clientCpuMsPerOrder, one.serverCpuMsPerOrder].map(
      (ms) => (ms / costliest) * room,
    ) as [number, number];
    const servers = `${one.shards} ${one.shards === 1 ? 'server' : 'servers'}`;
    const said = `${one.cpuMsPerOrder.toFixed(3)} ms, ${one.ordersPerSecond.toFixed(0)} orders a second`;
    lines.push(
      text(LABELS - 10, y + 16, servers, 'text-anchor="end"'),
      rect(LABELS, y, client, BAR, COLOURS[0]),
      rect(LABELS + client, y, server, BAR, COLOURS[4]),
      text(LABELS + client + server + 8, y + 16, said),
    );
  }
  const bottom = top + figures.length * (BAR + GAP);
  lines.push(`<path d="M${LABELS} ${top - 6}V${bottom}" stroke="${FAINT}"/>`);
  return svgDocument(bottom + 20, lines);
}
