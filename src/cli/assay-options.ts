import { isIP } from 'node:net';
import { InvalidArgumentError } from 'commander';
import type { Case } from '../assay/case.ts';
import { parseSubjectName, type SubjectName } from '../control/certificates/x509/names.ts';
import { UserError } from '../model/errors.ts';
import type { ListenAddress } from '../model/settings.ts';
import { parseListen } from './addresses.ts';

/** The options of the verb as they were typed. */
export interface AssayOptions {
  readonly case?: readonly string[];
  readonly name?: string;
  readonly listen: readonly ListenAddress[];
  readonly to?: number;
  readonly trustEnv?: true;
  readonly tls?: '1.2' | '1.3';
  /** Seconds. */
  readonly timeout: number;
  readonly jobs: number;
  readonly caDir?: string;
  readonly list?: true;
  readonly json?: true;
}

/** What the options say about the servers of the lab. */
export function labOptions({ to, tls }: AssayOptions): { to?: number; version?: 'TLSv1.2' | 'TLSv1.3' } {
  return { ...(to !== undefined && { to }), ...(tls !== undefined && { version: `TLSv${tls}` as const }) };
}

export function parsePort(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) < 1 || Number(text) > 65_535)
    throw new InvalidArgumentError('Wanted: a port, 1 to 65535.');
  return Number(text);
}

export function parseCount(text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new InvalidArgumentError('Wanted: a number, 1 to 9999.');
  return Number(text);
}

/** An address, or an address and a port as `--http` takes them. */
export function parsePlace(text: string): readonly ListenAddress[] {
  const alone = /^(?:\d+\.\d+\.\d+\.\d+|\[[^\]]*\])$/.test(text);
  const places = parseListen(alone ? `${text}:0` : text);
  const here = places.map(({ host, port }) => ({ host: host || '127.0.0.1', port }));
  if (here.length > 0 && here.every(({ host }) => isIP(host) !== 0)) return here;
  throw new InvalidArgumentError('Wanted: an address of this machine, "address:port" or a port.');
}

/** The cases that were asked for, and the good one. Throws a UserError for a name that is none. */
export function chosenCases(all: readonly Case[], names: readonly string[] | undefined): readonly Case[] {
  if (names === undefined) return all;
  const unknown = names.find((name) => !all.some((each) => each.name === name));
  if (unknown === undefined) return all.filter((each) => each.group === 'control' || names.includes(each.name));
  throw new UserError(`There is no case ${JSON.stringify(unknown)}`, {
    code: 'no-such-case',
    cure: 'sallyport assay --list prints them all.',
    exitCode: 2,
  });
}

/** Where the lab listens and the name it has. */
export interface Place {
  readonly subject: SubjectName;
  readonly hosts: readonly string[];
  readonly port: number;
}

/** Throws a UserError when clients could not be sent to it. */
export function placeOf({ name, listen }: AssayOptions): Place {
  const { host = '127.0.0.1', port = 0 } = listen[0] ?? {};
  const loopback = host === '127.0.0.1';
  const text = name ?? (loopback ? 'localhost' : host);
  const subject = parseSubjectName(text);
  if (['0.0.0.0', '::'].includes(host)) {
    throw new UserError(`The lab needs one address of this machine; ${host} stands for all of them`, {
      code: 'address-invalid',
      cure: 'Name the one that the clients reach: --listen 192.168.1.10:9400.',
      exitCode: 2,
    });
  }
  if (subject === null || text.startsWith('*')) {
    throw new UserError(`Clients cannot be sent to ${JSON.stringify(text)}: it is no host name and no address`, {
      code: 'name-invalid',
      cure: 'Name what they reach this machine by: --name app.test or --name 192.168.1.10.',
      exitCode: 2,
    });
  }
  return { subject, hosts: loopback ? [host, '::1'] : [host], port };
}
