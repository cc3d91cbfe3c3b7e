/** Something that gathers output for the end of the turn. */
export interface Flushable {
  flush(): void;
}

export interface Flusher {
  /** Calls `flush` once all events of this turn of the event loop have been handled. */
  flushLater(connection: Flushable): void;
}
