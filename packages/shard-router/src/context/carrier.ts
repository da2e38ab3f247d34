/** Carries a frame along the flow of asynchronous work that a scope began. */
export interface ContextCarrier<Frame> {
  /** The frame of the innermost scope around the caller. */
  current(): Frame | undefined;
  /** Runs `fn`, and all work that it starts, inside `frame`; when `frame` is undefined, outside of every scope. */
  run<T>(frame: Frame | undefined, fn: () => T): T;
  /** Returns a function that runs `fn` inside the frame that is current now, wherever it is called later. */
  bind<F extends (...args: never[]) => unknown>(fn: F): F;
}

/** Makes the carrier of one router. */
export type CarrierFactory = <Frame>() => ContextCarrier<Frame>;
