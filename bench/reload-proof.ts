/**
 * Reloads, upgrades and app deploys under load: how many requests fail? Sallyport beside Debian's nginx and Caddy, one after the other, which are
 * reloaded only. Prints a table; exits 1 when Sallyport failed a request, dropped a WebSocket or refused an act.
 */
import { parseArgs } from 'node:util';
import { proofReport } from './proof/report.ts';
import { type GateName, gateNames, type ProofResult, runProof } from './proof/run.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    connections: { type: 'string', default: '200' },
    requests: { type: 'string', default: '2000' },
    websockets: { type: 'string', default: '500' },
    reloads: { type: 'string', default: '30' },
    upgrades: { type: 'string', default: '5' },
    deploys: { type: 'string', default: '10' },
    gates: { type: 'string', default: gateNames.join(',') },
  },
});
const plan = {
  seconds: Number(values.seconds),
  connections: Number(values.connections),
  requests: Number(values.requests),
  webSockets: Number(values.websockets),
  reloads: Number(values.reloads),
  upgrades: Number(values.upgrades),
  deploys: Number(values.deploys),
};
const wanted = values.gates.split(',').filter((name): name is GateName => gateNames.some((known) => known === name));
const results: ProofResult[] = [];
for (const gate of wanted) results.push(await runProof(gate, plan));
console.log(proofReport(results, plan));
const own = results.find(({ gate }) => gate === 'sallyport');
process.exitCode = own && own.fresh.failed + own.kept.failed + own.dropped + own.refusals.length > 0 ? 1 : 0;
setTimeout(() => process.exit(), 1_000).unref();
