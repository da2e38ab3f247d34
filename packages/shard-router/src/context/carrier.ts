/** Carries the frame of a scope along the flow of asynchronous work that the scope began. */
export interface ContextCarrier<Frame> {
  /** The frame of the innermost scope around the caller. */
  current(): Frame | undefined;
  /** Runs `fn` and all that it begins inside `frame`. */
  run<T>(frame: Frame, fn: () => T): T;
}
