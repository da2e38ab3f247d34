/** Where a connection is cut, measured by one text that is on its way to the server. */
export type Cut =
  /** The text does not leave the proxy. */
  | { readonly when: 'before' }
  /** A part of it does, `share` of its bytes. */
  | { readonly when: 'during'; readonly share: number }
  /** All of it does, and the answer does not come back. */
  | { readonly when: 'after'; readonly how: AfterCut }
  /** The client is cut off at once, and the text still gets to the server, `ms` later. */
  | { readonly when: 'late'; readonly ms: number };

export type AfterCut =
  /** The server sees the end of the connection once it has read the text. */
  | 'ended'
  /** The server's connection is reset while it is at it. */
  | 'torn'
  /** At the first bytes of the answer. */
  | 'first answer'
  /** When the server has answered the last statement, so that all is committed. */
  | 'last answer';

/** A cut that has been made. */
export interface CutMade {
  readonly text: string;
  readonly cut: Cut;
}
