import { Abuse } from './budgets.ts';

/** What hostile or broken peers did, since the start of the process: connections closed for each kind of flood, and the rest as named. */
export interface Http2Counters {
  rapidResets: number;
  provokedResets: number;
  settingsFloods: number;
  pingFloods: number;
  emptyDataFloods: number;
  windowUpdateFloods: number;
  idleFrameFloods: number;
  /** Field blocks too long, or in too many frames. */
  continuationFloods: number;
  /** Field blocks that decode to far more than they are. */
  headerBombs: number;
  /** Peers that let output pile up and went on asking. */
  unreadOutputs: number;
  /** Streams reset because the peer did not open its window. */
  stalledStreams: number;
  /** Requests refused because they are malformed (RFC 9113 §8.1.1). */
  malformedRequests: number;
  /** Requests answered by 431. */
  tooLargeHeads: number;
  /** Streams refused because there were too many at once. */
  refusedStreams: number;
  /** Connections closed for any other error of the peer. */
  connectionErrors: number;
}

export function newCounters(): Http2Counters {
  return {
    rapidResets: 0,
    provokedResets: 0,
    settingsFloods: 0,
    pingFloods: 0,
    emptyDataFloods: 0,
    windowUpdateFloods: 0,
    idleFrameFloods: 0,
    continuationFloods: 0,
    headerBombs: 0,
    unreadOutputs: 0,
    stalledStreams: 0,
    malformedRequests: 0,
    tooLargeHeads: 0,
    refusedStreams: 0,
    connectionErrors: 0,
  };
}

/** The counter of each kind of abuse, by its number. */
export const abuseCounters: readonly (keyof Http2Counters)[] = (() => {
  const list: (keyof Http2Counters)[] = [];
  list[Abuse.PEER_RESET] = 'rapidResets';
  list[Abuse.PROVOKED_RESET] = 'provokedResets';
  list[Abuse.SETTINGS] = 'settingsFloods';
  list[Abuse.PING] = 'pingFloods';
  list[Abuse.EMPTY_DATA] = 'emptyDataFloods';
  list[Abuse.WINDOW_UPDATE] = 'windowUpdateFloods';
  list[Abuse.IDLE_FRAME] = 'idleFrameFloods';
  return list;
})();
