import type { WriteStream } from 'node:tty';
import { clockText } from '../plan/day.ts';

/** The figures of a run at one moment. */
export interface LiveFigures {
  readonly minute: number;
  readonly orders: number;
  readonly begun: number;
  readonly underWay: number;
  readonly acknowledged: number;
  readonly requests: number;
  /** Acknowledged versions that no view shows yet. */
  readonly lag: number;
  readonly visibleP50: number | undefined;
  readonly perShard: readonly number[];
  readonly kills: number | undefined;
}

const REDRAW_MS = 250;
const PLAIN_MS = 2_000;

/** Rates are those of the last two seconds. */
const WINDOW_MS = 2_000;

/** Shows the progress of a run: redrawn in place on a terminal, otherwise as a line now and then. */
export class LiveView {
  readonly #out: Pick<WriteStream, 'write' | 'isTTY'>;
  readonly #figures: () => LiveFigures;
  readonly #timer: NodeJS.Timeout;
  #drawn = 0;
  readonly #start = performance.now();
  /** Figures of the last while, oldest first. */
  readonly #past: { at: number; requests: number; acknowledged: number }[] = [];

  constructor(out: Pick<WriteStream, 'write' | 'isTTY'>, figures: () => LiveFigures) {
    this.#out = out;
    this.#figures = figures;
    this.#timer = setInterval(() => this.draw(), out.isTTY ? REDRAW_MS : PLAIN_MS);
  }

  /** Writes a line that stays. */
  say(line: string): void {
    this.#clear();
    this.#out.write(`${line}\n`);
  }

  /** Draws for the last time; what is drawn then stays. */
  end(): void {
    clearInterval(this.#timer);
    if (this.#out.isTTY) this.draw();
    this.#drawn = 0;
  }

  /** Shows how it stands now; a timer calls it. */
  draw(): void {
    const figures = this.#figures();
    const rates = this.#rates(figures);
    if (this.#out.isTTY) this.#redraw(blockOf(figures, rates));
    else this.#out.write(`${lineOf(figures, rates)}\n`);
  }

  /** Returns the rates a second, over the last two seconds. */
  #rates({ requests, acknowledged }: LiveFigures): Rates {
    const at = performance.now();
    while (this.#past.length > 1 && at - this.#past[1]!.at >= WINDOW_MS) this.#past.shift();
    const before = this.#past[0] ?? { at: this.#start, requests: 0, acknowledged: 0 };
    this.#past.push({ at, requests, acknowledged });
    const seconds = Math.max(0.001, (at - before.at) / 1_000);
    return {
      requests: (requests - before.requests) / seconds,
      orders: (acknowledged - before.acknowledged) / seconds,
    };
  }

  #redraw(lines: readonly string[]): void {
    this.#clear();
    this.#out.write(`${lines.join('\n')}\n`);
    this.#drawn = lines.length;
  }

  #clear(): void {
    if (this.#drawn > 0) this.#out.write(`\u001B[${this.#drawn}A\u001B[0J`);
    this.#drawn = 0;
  }
}

interface Rates {
  readonly requests: number;
  readonly orders: number;
}

function visible({ visibleP50 }: LiveFigures): string {
  return visibleP50 === undefined ? '-' : `${Math.round(visibleP50)} ms`;
}

/** One plain line. */
export function lineOf(figures: LiveFigures, rates: Rates): string {
  const { minute, acknowledged, orders, underWay, lag, perShard, kills } = figures;
  return [
    clockText(minute),
    `${acknowledged}/${orders} orders`,
    `${underWay} under way`,
    `${Math.round(rates.orders)} orders/s`,
    `${Math.round(rates.requests)} requests/s`,
    `lag ${lag}`,
    `visible p50 ${visible(figures)}`,
    `shards ${perShard.join(' ')}`,
    ...(kills === undefined ? [] : [`kills ${kills}`]),
  ].join('  ');
}

const BAR = 40;

/** The lines of the view that is redrawn. */
export function blockOf(figures: LiveFigures, rates: Rates): string[] {
  const { minute, acknowledged, orders, begun, underWay, requests, lag, perShard, kills } = figures;
  const filled = orders === 0 ? 0 : Math.min(BAR, Math.round((begun / orders) * BAR));
  return [
    `  ${clockText(minute)}  ${'█'.repeat(filled)}${'░'.repeat(BAR - filled)}  ${acknowledged} of ${orders} orders`,
    `  under way ${underWay}   ${Math.round(rates.orders)} orders/s   ${Math.round(rates.requests)} requests/s   ${requests} requests`,
    `  views lag ${lag}   visible p50 ${visible(figures)}   shards ${perShard.join(' / ')}${kills === undefined ? '' : `   kills ${kills}`}`,
  ];
}
