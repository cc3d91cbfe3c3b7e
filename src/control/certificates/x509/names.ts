import { X509Certificate } from 'node:crypto';
import { isIP, isIPv6 } from 'node:net';

/** A name that a certificate can carry: a DNS name in lower case (`*.` allowed in front) or an address in canonical form. */
export type SubjectName = { readonly type: 'dns' | 'ip'; readonly value: string };

const label = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;

/**
 * Reads a site name as a certificate's subject name: lower case, no trailing dot, IPv6 with or without brackets.
 * Null for anything that is neither a DNS name (in A-labels) nor an address.
 */
export function parseSubjectName(text: string): SubjectName | null {
  const bare = text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : text;
  if (isIPv6(bare)) {
    if (bare.includes('%')) return null;
    return { type: 'ip', value: new URL(`http://[${bare}]`).hostname.slice(1, -1) };
  }
  if (isIP(text) === 4) return { type: 'ip', value: text };
  const name = text.toLowerCase().replace(/\.$/, '');
  const labels = name.split('.');
  if (labels[0] === '*') labels.shift();
  if (name.length > 253 || labels.length === 0 || !labels.every((each) => label.test(each))) return null;
  // A last label of digits alone is an address that was written wrongly.
  if (/^\d+$/.test(labels.at(-1) ?? '')) return null;
  return { type: 'dns', value: name };
}

/** Whether the certificate is good for `name` by its subject alternative names alone (RFC 9525); the common name never counts. */
export function covers(certificate: X509Certificate, name: string): boolean {
  const subject = parseSubjectName(name);
  if (subject === null) return false;
  if (subject.type === 'ip') return certificate.checkIP(subject.value) !== undefined;
  const options = { subject: 'never', partialWildcards: false } as const;
  if (!subject.value.startsWith('*.')) return certificate.checkHost(subject.value, options) !== undefined;
  // Only a wildcard of the certificate can match a label nobody asked for.
  return certificate.checkHost(`sallyport-any-label${subject.value.slice(1)}`, options) !== undefined;
}

/** Whether the first certificate of a PEM chain covers every one of `names`; false for what is no certificate. */
export function leafCovers(chain: string, names: readonly string[]): boolean {
  try {
    const leaf = new X509Certificate(chain);
    return names.every((name) => covers(leaf, name));
  } catch {
    return false;
  }
}
