/** What can be done to a server. */
export interface ServerFaults {
  /** Sends a signal and, unless it is one that a server survives, waits until the server is gone. */
  kill(signal?: 'SIGKILL' | 'SIGTERM'): Promise<void>;
  /** Stops it from running without closing its connections, as a machine that hangs. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Ends it if it runs and starts it on the same port and data; resolves when it is healthy. */
  restart(): Promise<void>;
}
