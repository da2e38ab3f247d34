import { median } from '../measure/statistics.ts';
import { textTable } from '../measure/table.ts';
import type { Window } from './load.ts';

/** A window of a scene, and the calm ones right before and right after it. */
export interface Beside {
  readonly scene: Window;
  readonly before: Window;
  readonly after: Window;
}

/** Medians over the rounds. */
export interface SceneFigures {
  /** Acknowledged writes of other rows ÷ calm. */
  readonly rate: number;
  /** The 99th percentile of their latency ÷ calm. */
  readonly p99: number;
  readonly perSecond: number;
  /** Milliseconds. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Writes of other rows that failed, in all rounds. */
  readonly failed: number;
  readonly calm: { readonly perSecond: number; readonly p50Ms: number; readonly p99Ms: number };
}

/** Compares each window with the mean of its neighbours, so that what drifts on the machine cancels out. */
export function figuresOf(windows: readonly Beside[]): SceneFigures {
  const calmOf = (figure: keyof Window, { before, after }: Beside) => (before[figure] + after[figure]) / 2;
  const of = (figure: keyof Window) => median(windows.map(({ scene }) => scene[figure]));
  const ratio = (figure: keyof Window) =>
    median(windows.map((beside) => beside.scene[figure] / calmOf(figure, beside)));
  const calm = (figure: keyof Window) => median(windows.map((beside) => calmOf(figure, beside)));
  return {
    rate: ratio('perSecond'),
    p99: ratio('p99'),
    perSecond: of('perSecond'),
    p50Ms: of('p50'),
    p99Ms: of('p99'),
    failed: windows.reduce((sum, { scene }) => sum + scene.failed, 0),
    calm: { perSecond: calm('perSecond'), p50Ms: calm('p50'), p99Ms: calm('p99') },
  };
}

export function tableOf(figures: Readonly<Record<string, SceneFigures>>): string {
  return textTable(
    ['writes of other rows', 'a second', 'p50 ms', 'p99 ms', 'failed', 'rate ÷ calm', 'p99 ÷ calm'],
    Object.entries(figures).map(([name, { perSecond, p50Ms, p99Ms, failed, rate, p99 }]) => [
      name,
      perSecond.toFixed(0),
      p50Ms.toFixed(1),
      p99Ms.toFixed(1),
      String(failed),
      rate.toFixed(2),
      p99.toFixed(2),
    ]),
  );
}
