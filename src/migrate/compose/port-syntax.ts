import { type Fault, fail, type Outcome } from '../../control/config/fault.ts';
import { comparableAddress } from '../../model/host.ts';

/** Ports from `first` to `last`, both included. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/** Which port of the machine leads to which one of the container. */
export interface PortMapping {
  /** The machine's address it is published on, in its comparable form; '' for every one. */
  readonly hostIp: string;
  /** null: Docker chooses a free one at each start. A range in front of a single port: Docker chooses one of it. */
  readonly published: PortRange | null;
  readonly target: PortRange;
  readonly protocol: 'tcp' | 'udp' | 'sctp';
}

const wanted = '"127.0.0.1:8080:80", "8080:80" or "80"';
const protocols = ['tcp', 'udp', 'sctp'] as const;

/** The short form of a port line: `[[ADDRESS:][PUBLISHED]:]TARGET[/PROTOCOL]`, both ports single or ranges. */
export function parseShortPort(text: string): Outcome<PortMapping> {
  const parts = text.split(':');
  const target = parts.pop() ?? '';
  const published = parts.pop() ?? '';
  const [targetPort = '', protocol = '', ...more] = target.split('/');
  if (more.length > 0) return fail('a second slash in a port line', { wanted });
  return portMapping({ hostIp: parts.join(':'), published, target: targetPort, protocol: protocol || 'tcp' });
}

/** The members of a port line, as written. */
export interface PortWords {
  readonly hostIp: string;
  /** '' when none is given. */
  readonly published: string;
  readonly target: string;
  readonly protocol: string;
}

/** Judges the members of a port line together. */
export function portMapping(words: PortWords): Outcome<PortMapping> {
  const hostIp = words.hostIp === '' ? '' : comparableAddress(words.hostIp.replace(/^\[(.*)\]$/, '$1'));
  if (hostIp === null) return { faults: [hostFault(words)] };
  if (words.target === '') return fail('no port of the container', { wanted, below: ['target'] });
  const target = parseRange(words.target);
  if (target === null) return { faults: [rangeFault(words.target, 'target')] };
  const published = words.published === '' ? null : parseRange(words.published);
  if (published === null && words.published !== '') return { faults: [rangeFault(words.published, 'published')] };
  const protocol = protocols.find((one) => one === words.protocol.toLowerCase());
  if (protocol === undefined) return fail('not a protocol', { wanted: 'tcp, udp or sctp', below: ['protocol'] });
  if (target.first === 0)
    return fail('port 0 of the container', { wanted: 'a port from 1 to 65535', below: ['target'] });
  const size = ({ first, last }: PortRange): number => last - first;
  if (published !== null && size(target) > 0 && size(target) !== size(published)) {
    const cure = 'Give both ranges the same length, as in "9090-9091:8080-8081".';
    return fail('ranges of different lengths', { cure });
  }
  // Docker chooses a port for 0 as for none.
  return { value: { hostIp, published: published?.last === 0 ? null : published, target, protocol } };
}

function parseRange(text: string): PortRange | null {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text);
  if (match === null) return null;
  const first = Number(match[1]);
  const last = Number(match[2] ?? match[1]);
  return last > 65_535 || first > last ? null : { first, last };
}

function rangeFault(text: string, below: string): Fault {
  const cure = /[<>xX?]/.test(text)
    ? 'Put the port itself in the place of what stands for it.'
    : 'A port is a number from 1 to 65535, a range two of them with a hyphen between.';
  return {
    what: below === 'target' ? 'not a port of the container' : 'not a port to publish',
    wanted,
    cure,
    below: [below],
  };
}

/** What is written where Docker wants an address. */
function hostFault({ hostIp, published, target, protocol }: PortWords): Fault {
  const rest = `${published}:${target}${protocol === 'tcp' ? '' : `/${protocol}`}`;
  const what = hostIp === 'localhost' ? 'localhost is no address to Docker' : 'not an address of this machine';
  const cure = `Write the address itself: 127.0.0.1 is that of localhost.`;
  const didYouMean = /^[\d:/a-z-]+$/.test(rest) ? `127.0.0.1:${rest}` : undefined;
  return { what, wanted: 'an IP address in front of the ports', didYouMean, cure, below: ['host_ip'] };
}

/** A mapping in the short form, as Docker reads it. */
export function printPort({ hostIp, published, target, protocol }: PortMapping): string {
  const host = hostIp.includes(':') ? `[${hostIp}]` : hostIp;
  const ports = published === null ? (host === '' ? '' : ':') : `${printRange(published)}:`;
  return `${host && `${host}:`}${ports}${printRange(target)}${protocol === 'tcp' ? '' : `/${protocol}`}`;
}

export function printRange({ first, last }: PortRange): string {
  return first === last ? String(first) : `${first}-${last}`;
}

/** Whether only this machine itself reaches what is published on this address. */
export function isLoopback(hostIp: string): boolean {
  return hostIp === '::1' || /^127\./.test(hostIp);
}
