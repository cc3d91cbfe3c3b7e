import { OrderFailure } from '../lifecycle/failure.ts';
import { type DoctorTools, examine } from './doctor.ts';

/** Findings that hold wherever one looks from; whether a port is open can look different from inside and outside. */
const certain = new Set(['not-public', 'no-challenge', 'wildcard-needs-dns', 'no-address', 'caa-forbids', 'clock']);

/**
 * Refuses an order whose end is certain, before the CA hears of it: rejects with an OrderFailure that carries the cure.
 * What cannot be known for certain from here is left to the rehearsal and to the CA.
 */
export async function preflight(names: readonly string[], tools: DoctorTools): Promise<void> {
  const findings = await examine(names, tools);
  const fatal = findings.find((one) => one.level === 'error' && certain.has(one.code));
  if (!fatal) return;
  const kind = fatal.code === 'clock' ? 'clock' : 'configuration';
  const text = `${fatal.subject}: ${fatal.cause} (${fatal.evidence})`;
  throw new OrderFailure(text, { kind, cure: fatal.cure });
}
