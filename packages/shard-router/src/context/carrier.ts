/** Carries a frame along the flow of asynchronous work that a scope began. */
export interface ContextCarrier<Frame> {
  /** The frame of the innermost scope around the caller. */
  current(): Frame | undefined;
  /** Runs `fn`, and all that it begins, inside `frame`; outside of every scope for undefined. */
  run<T>(frame: Frame | undefined, fn: () => T): T;
  /** `fn`, to be called later from anywhere, runs inside the frame that is current now. */
  bind<F extends (...args: never[]) => unknown>(fn: F): F;
}

/** Makes the carrier of one router. */
export type CarrierFactory = <Frame>() => ContextCarrier<Frame>;
