import type { Finding } from '../control/certificates/doctor/finding.ts';
import type { CertificateFacts, IssuerFacts } from '../model/status.ts';
import type { Output } from './terminal.ts';

type Paint = Output['paint'];

/** One line a certificate: name, state, days left, next attempt, issuer. */
export function certificateTable(certificates: readonly CertificateFacts[], paint: Paint): string[] {
  const rows = [
    ['NAME', 'STATE', 'DAYS LEFT', 'NEXT ATTEMPT', 'FAILED', 'ISSUER'],
    ...certificates.map((one) => [
      one.name,
      one.state,
      one.daysLeft === null ? 'none yet' : String(one.daysLeft),
      one.nextAttempt === null ? '' : shortTime(one.nextAttempt),
      one.attempts === 0 ? '' : String(one.attempts),
      one.issuer,
    ]),
  ];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row, index) => {
    const line = row
      .map((text, column) => text.padEnd(widths[column]!))
      .join('  ')
      .trimEnd();
    if (index === 0) return paint('bold', line);
    return row[1] === 'failing' || row[1] === 'blocked' ? paint('red', line) : line;
  });
}

/** Everything about one certificate. */
export function certificateLines(one: CertificateFacts, paint: Paint): string[] {
  const { lastError } = one;
  const facts: [string, string][] = [
    ['name', one.name],
    ['names', one.names.join(', ')],
    ['state', one.state],
    ['source', { acme: 'a public CA, by ACME', internal: 'the in-house CA', files: 'own files' }[one.source]],
    ['issuer', one.issuer || 'none yet'],
  ];
  if (one.notBefore && one.notAfter)
    facts.push(['valid', `${one.notBefore} to ${one.notAfter} (${one.daysLeft} days left)`]);
  if (one.nextAttempt) facts.push(['next', `${one.nextAttempt}${one.renewal ? ` (${one.renewal})` : ''}`]);
  if (one.failingSince) facts.push(['failing', `${one.attempts} in a row since ${one.failingSince}`]);
  if (lastError) facts.push(['error', `${lastError.at} ${lastError.issuer}: ${lastError.message}`]);
  if (lastError?.cure) facts.push(['cure', lastError.cure]);
  if (one.unsaved) facts.push(['not stored', one.unsaved]);
  return facts.map(([name, value]) => `${paint('bold', name.padEnd(10))} ${value}`);
}

/** What stands in the way of certificates; nothing when nothing does. */
export function troubleLines(
  certificates: readonly CertificateFacts[],
  issuers: readonly IssuerFacts[],
  paint: Paint,
): string[] {
  const lines = issuers
    .filter((one) => one.downSince !== null)
    .map((one) => `${paint('red', one.name)} does not answer since ${one.downSince}: ${one.lastError}`);
  for (const { name, state, attempts, lastError, nextAttempt, daysLeft, unsaved } of certificates) {
    if (unsaved) lines.push(`${paint('red', name)} is served but not stored: ${unsaved}`);
    if (lastError === null) continue;
    const margin = daysLeft === null ? 'no certificate yet' : `${daysLeft} days left`;
    const next = nextAttempt === null ? 'now' : nextAttempt;
    lines.push(
      `${paint('red', name)} ${state}, ${attempts} in a row, ${margin}, next attempt ${next}: ${lastError.message}`,
    );
    if (lastError.cure) lines.push(`  ${paint('bold', 'cure:')} ${lastError.cure}`);
  }
  return lines;
}

/** Findings of the doctor: what was seen, and the cure. */
export function findingLines(findings: readonly Finding[], paint: Paint): string[] {
  const colours = { ok: 'green', warning: 'yellow', error: 'red' } as const;
  return findings.flatMap(({ level, subject, cause, evidence, cure }) => [
    `${paint(colours[level], level.padEnd(7))} ${subject}: ${cause}${evidence && ` (${evidence})`}`,
    ...(cure && level !== 'ok' ? [`  ${paint('bold', 'cure:')} ${cure}`] : []),
  ]);
}

function shortTime(iso: string): string {
  return `${iso.slice(0, 16).replace('T', ' ')}Z`;
}
