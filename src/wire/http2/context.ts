import { ArenaPool } from './arena.ts';
import { type Http2Counters, newCounters } from './counters.ts';
import { type FieldIds, ownFieldIds } from './fields/field-ids.ts';
import { FieldSection } from './fields/field-section.ts';
import { longestLine } from './hpack/decoder.ts';
import { mostTableBytes } from './hpack/dynamic-table.ts';

/** How connections behave. Sizes in bytes. */
export interface Http2Settings {
  /** Exchanges at once that a peer may have open on a connection. */
  readonly maxConcurrentStreams: number;
  /** Receive windows: what a stream and a connection begin with, and what they may grow to while their reader keeps up. */
  readonly streamWindow: number;
  readonly maxStreamWindow: number;
  readonly connectionWindow: number;
  readonly maxConnectionWindow: number;
  /** SETTINGS_HEADER_TABLE_SIZE, at most 32 KiB. */
  readonly headerTableSize: number;
  /** Longest field section, decoded; most fields in it. */
  readonly headBytes: number;
  readonly headFields: number;
  /** Whether WebSockets may be opened (RFC 8441). */
  readonly extendedConnect: boolean;
  /** Output of a connection above which streams must wait. */
  readonly outputLimit: number;
  /** Milliseconds that a stream may wait for the peer's window before it is reset; 0 for ever. */
  readonly stallTimeout: number;
  /** Milliseconds within which the peer must acknowledge our settings (RFC 9113 §6.5.3); 0 for ever. */
  readonly settingsTimeout: number;
}

export const defaultHttp2Settings: Http2Settings = Object.freeze({
  maxConcurrentStreams: 128,
  streamWindow: 64 * 1024,
  maxStreamWindow: 1024 * 1024,
  connectionWindow: 256 * 1024,
  maxConnectionWindow: 2 * 1024 * 1024,
  headerTableSize: 4096,
  headBytes: 32 * 1024,
  headFields: 128,
  extendedConnect: true,
  outputLimit: 256 * 1024,
  stallTimeout: 60_000,
  settingsTimeout: 10_000,
});

/** A field block may be longer than `headBytes` by this factor and is then answered by 431; above, the connection is closed. */
const blockFactor = 2;
/** A block that decodes to more than this many times `headBytes` is a bomb. */
const bombFactor = 8;

/** What the connections of one process share: settings, output arenas, the scratch for heads, counters. */
export class Http2Context {
  readonly settings: Http2Settings;
  readonly arenas: ArenaPool;
  /** How names are numbered in sections. */
  readonly ids: FieldIds;
  /** Every field section is decoded into this one; it is valid during the call that hands it out. */
  readonly section: FieldSection;
  readonly counters: Http2Counters;
  readonly maxBlock: number;
  readonly mostDecoded: number;

  /** Throws a RangeError when a setting is beyond what can be kept. */
  constructor(
    settings: Http2Settings = defaultHttp2Settings,
    arenas: ArenaPool = new ArenaPool(),
    ids: FieldIds = ownFieldIds,
    counters: Http2Counters = newCounters(),
  ) {
    this.counters = counters;
    if (settings.headerTableSize > mostTableBytes) throw new RangeError('headerTableSize is above 32 KiB');
    if (settings.headBytes * 2 > arenas.size) throw new RangeError('an arena must hold two heads');
    this.settings = settings;
    this.ids = ids;
    this.arenas = arenas;
    this.maxBlock = settings.headBytes * blockFactor;
    this.mostDecoded = settings.headBytes * bombFactor;
    const lineBytes = longestLine(this.maxBlock, Math.max(settings.headerTableSize, 4096));
    this.section = new FieldSection(settings.headBytes, settings.headFields, lineBytes, ids.idOf('host'));
  }
}
