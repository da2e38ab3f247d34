/** What can be done to a server. */
export interface ServerFaults {
  /** Sends a signal and, unless it is one that a server survives, waits until the server is gone. */
  kill(signal?: 'SIGKILL' | 'SIGTERM'): Promise<void>;
  /** Stops it from running without closing its connections, as a machine that hangs. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /**
   * Ends it if it runs and starts it on the same port and data; resolves when it is healthy.
   *
   * @param whileDown is given the folder of its data when it has ended, such as to copy it or to put a copy in its place;
   *   of servers that run as processes
   */
  restart(whileDown?: (dataDir: string) => Promise<void>): Promise<void>;
}
