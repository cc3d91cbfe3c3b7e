import { defaultUrgency, incrementalBit } from '../frames/priority.ts';
import type { ReceiveWindow } from './receive-window.ts';

/*
 * The states of a stream that exists here (RFC 9113 §5.1). "local" is this endpoint. Idle streams are those above the highest number
 * seen; reserved ones do not occur, for nobody pushes.
 *
 *                 HEADERS
 *                    |
 *                    v
 *                  OPEN ---------- peer's END_STREAM ---> HALF_CLOSED_REMOTE
 *                    |                                          |
 *            our END_STREAM                              our END_STREAM
 *                    |                                          |
 *                    v                                          v
 *            HALF_CLOSED_LOCAL ---- peer's END_STREAM ------> CLOSED
 *
 *  From every state RST_STREAM, sent or received, leads to CLOSED.
 */
export const StreamState = Object.freeze({ OPEN: 0, HALF_CLOSED_REMOTE: 1, HALF_CLOSED_LOCAL: 2, CLOSED: 3 });

/** What keeps a stream that has data from sending it. */
export const Blocked = Object.freeze({ NO: 0, BY_STREAM_WINDOW: 1, QUEUED: 2 });

/** One stream. The driver keeps what belongs to it in `exchange`; everything else is the connection's to change. */
export class Stream {
  readonly id: number;
  state: number = StreamState.OPEN;
  /** The driver's own. */
  exchange: unknown = null;
  /** What we may still send on it; negative after the peer shrank the initial window (RFC 9113 §6.9.2). */
  sendWindow: number;
  readonly receiveWindow: ReceiveWindow;
  /** Octets of body that the peer announced and has not sent; -1 when it announced none. */
  expected = -1;
  /** A final response head went out (server) or came in (client). */
  hasResponse = false;
  /** The response has no content whatever is passed: HEAD, 204, 304. */
  withoutContent = false;
  /** The request is HEAD (client). */
  isHead = false;
  /** CONNECT, plain or extended: both directions are independent. */
  isTunnel = false;
  /** RFC 9218: 0 is the most urgent. */
  urgency = defaultUrgency;
  /** Shares its turn with the others of its urgency. True as long as the client says nothing about it. */
  incremental = true;
  blocked: number = Blocked.NO;
  /** When it was blocked, in the time of `tick`. */
  blockedAt = 0;
  /** Neighbours in the queue of those that wait for the connection. */
  next: Stream | null = null;
  previous: Stream | null = null;

  constructor(id: number, sendWindow: number, receiveWindow: ReceiveWindow) {
    this.id = id;
    this.sendWindow = sendWindow;
    this.receiveWindow = receiveWindow;
  }

  /** Whether the peer may still send on it. */
  get isReceiving(): boolean {
    return this.state === StreamState.OPEN || this.state === StreamState.HALF_CLOSED_LOCAL;
  }

  /** Whether we may still send on it. */
  get isSending(): boolean {
    return this.state === StreamState.OPEN || this.state === StreamState.HALF_CLOSED_REMOTE;
  }

  endLocal(): void {
    this.state = this.state === StreamState.OPEN ? StreamState.HALF_CLOSED_LOCAL : StreamState.CLOSED;
  }

  endRemote(): void {
    this.state = this.state === StreamState.OPEN ? StreamState.HALF_CLOSED_REMOTE : StreamState.CLOSED;
  }

  /** Takes a priority as `readPriority` gives it. */
  setPriority(priority: number): void {
    this.urgency = priority & 7;
    this.incremental = (priority & incrementalBit) !== 0;
  }
}
