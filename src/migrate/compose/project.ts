import type { SourcePosition } from '../../model/errors.ts';
import type { Variables } from './interpolate.ts';
import type { ComposeNode } from './node.ts';
import type { PortMapping } from './port-syntax.ts';

/** The services of one or several compose files that belong together, as Docker Compose would run them. */
export interface ComposeProject {
  /** Every file that was read, absolute, with its text; those that others name included. */
  readonly files: ReadonlyMap<string, string>;
  readonly services: readonly ComposeService[];
  /** What is read without an error, but hardly as meant. */
  readonly doubts: readonly ComposeDoubt[];
}

export interface ComposeDoubt {
  readonly code: 'unset-variable' | 'sexagesimal' | 'ports-of-host-network' | 'not-read';
  readonly at: SourcePosition;
  readonly what: string;
  readonly cure: string;
}

export interface ComposeService {
  readonly name: string;
  readonly at: SourcePosition;
  /** '' when it is built. */
  readonly image: string;
  readonly ports: readonly PortLine[];
  /** Port lines that mean nothing, for the service is in the network of the machine itself. */
  readonly idlePorts: readonly PortLine[];
  /** `host`: it listens on the machine's own addresses. '' when nothing is said. */
  readonly networkMode: ComposeText | null;
  readonly labels: readonly ComposeSetting[];
  readonly environment: readonly ComposeSetting[];
  /** It runs only when one of these is asked for; empty: always. */
  readonly profiles: readonly string[];
  /** Networks that give the container an address of its own in the machine's network: `macvlan`, `ipvlan`. */
  readonly ownAddress: readonly string[];
  /** The address its ports are published on where a line names none; '' for every one. */
  readonly defaultHostIp: string;
}

export interface ComposeText {
  readonly text: string;
  readonly at: SourcePosition;
}

/** A label or a variable of the environment. */
export interface ComposeSetting {
  readonly name: string;
  readonly value: string;
  readonly at: SourcePosition;
}

/** One entry of a service's `ports`. */
export interface PortLine {
  readonly service: string;
  readonly at: SourcePosition;
  /** As written, on one line, variables not put in. */
  readonly text: string;
  readonly mapping: PortMapping;
  /** Where it stands. */
  readonly node: ComposeNode;
  readonly variables: Variables;
}
