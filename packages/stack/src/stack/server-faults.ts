/** The faults that can be injected into a server. */
export interface ServerFaults {
  /** Sends a signal and, unless it is one that a server survives, waits until the server is gone. */
  kill(signal?: 'SIGKILL' | 'SIGTERM'): Promise<void>;
  /** Pauses the server without closing its connections, like a machine that hangs. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /**
   * Ends it if it runs and starts it on the same port and data; resolves when it is healthy.
   *
   * @param whileDown called with its data folder when it has ended, for example to copy the folder or to put a copy in its
   *   place; only for servers that run as processes
   */
  restart(whileDown?: (dataDir: string) => Promise<void>): Promise<void>;
}
