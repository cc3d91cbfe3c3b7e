import 'reflect-metadata';
import { createPrivateKey, KeyObject } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { mintIntermediate, mintRoot, readSigner, type Signer } from '../../control/certificates/authority/profile.ts';
import type { Validity } from '../../control/certificates/x509/chain.ts';
import type { SubjectName } from '../../control/certificates/x509/names.ts';
import type { TlsService } from '../case.ts';
import { mint, type Recipe } from './mint.ts';

const hour = 3_600_000;
export const day = 24 * hour;

/** The lab's throwaway root, PEM. */
export interface Root {
  readonly certificate: string;
  readonly key: string;
}

/** What the certificates of the cases are made from. */
export interface Pki {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** The name the client is sent to. */
  readonly subject: SubjectName;
  /** The address it is sent to by the cases about addresses. */
  readonly address: string;
  /** All names and addresses of the lab, as a good certificate has them. */
  readonly names: readonly x509.JsonGeneralName[];
  /** The one the client trusts. */
  readonly root: Signer;
  readonly intermediate: Signer;
}

/** A new root for one experiment; its name says that it is to be trusted for that alone. */
export function makeRoot(now: number): Promise<Root> {
  const date = new Date(now).toISOString().slice(0, 10);
  return mintRoot(`Sallyport assay ${date}: never keep`, { notBefore: now - day, notAfter: now + 30 * day }, null);
}

/** An authority below the root, for as long as a good one. */
function goodLife(now: number): Validity {
  return { notBefore: now - hour, notAfter: now + 20 * day };
}

async function asSigner({ certificate, key }: Root): Promise<Signer> {
  return await readSigner(certificate, createPrivateKey(key));
}

export async function openPki(
  root: Root,
  subject: SubjectName,
  addresses: readonly string[],
  now: number,
): Promise<Pki> {
  const signer = await asSigner(root);
  const others = addresses.filter((each) => each !== subject.value).map((value) => ({ type: 'ip', value }) as const);
  return {
    now,
    subject,
    address: addresses[0] ?? subject.value,
    names: [subject, ...others],
    root: signer,
    intermediate: await asSigner(await mintIntermediate('Sallyport assay CA', signer, goodLife(now), null)),
  };
}

/** A server's certificate of the lab, good but for what `changes` says. */
export function leafOf(pki: Pki, changes: Partial<Recipe> = {}): Promise<Signer> {
  const recipe = { commonName: pki.subject.value, names: pki.names, signer: pki.intermediate, life: goodLife(pki.now) };
  return mint({ ...recipe, ...changes });
}

/** An authority's certificate, good but for what `changes` says. */
export function authorityOf(pki: Pki, commonName: string, changes: Partial<Recipe> = {}): Promise<Signer> {
  return mint({
    commonName,
    names: [],
    purposes: [],
    signer: pki.root,
    life: goodLife(pki.now),
    basic: new x509.BasicConstraintsExtension(true, undefined, true),
    keyUsage: x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign,
    ...changes,
  });
}

/** A server that presents `leaf` and what is to stand between it and a root. */
export function serviceOf(leaf: Signer, between: readonly Signer[]): TlsService {
  const chain = [leaf, ...between].map(({ certificate }) => `${certificate.toString('pem').trimEnd()}\n`).join('');
  return { kind: 'tls', chain, key: KeyObject.from(leaf.key).export({ type: 'pkcs8', format: 'pem' }).toString() };
}

/** A server with a certificate below the lab's good intermediate, good but for what `changes` says. */
export async function serveLeaf(pki: Pki, changes: Partial<Recipe> = {}): Promise<TlsService> {
  return serviceOf(await leafOf(pki, changes), [pki.intermediate]);
}
