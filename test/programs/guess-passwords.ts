/**
 * Sends wrong passwords, each with another name, ten thousand a minute from one loopback address, until the standard input ends. Then prints
 * how many of each status came back, as JSON. Arguments: the port, the PEM file of the root.
 */
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { setTimeout as pause } from 'node:timers/promises';

const [port = '', root = ''] = process.argv.slice(2);
const place = { host: '127.0.0.1', port: Number(port), servername: 'kms.test', ca: readFileSync(root) };
const agent = new Agent({ keepAlive: true, maxSockets: 64, localAddress: '127.0.0.66', ...place });
const statuses: Record<number, number> = {};

function guess(auth: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const sent = request({ agent, auth, path: '/', headers: { Host: 'kms.test' } }, (response) => {
      const status = response.statusCode ?? 0;
      statuses[status] = (statuses[status] ?? 0) + 1;
      response.resume().on('end', resolve);
    });
    sent.on('error', reject).end();
  });
}

let stopped = false;
process.stdin.resume().on('end', () => {
  stopped = true;
});
const start = performance.now();
const all: Promise<void>[] = [];
while (!stopped) {
  const due = (performance.now() - start) / 6;
  while (all.length < due) all.push(guess(`user${all.length % 100}:guess${all.length}`));
  await pause(5);
}
await Promise.all(all);
agent.destroy();
console.log(JSON.stringify(statuses));
