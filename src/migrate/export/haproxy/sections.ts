import { intermediateCiphers } from '../common.ts';
import type { Plan } from '../plan.ts';
import type { Layout } from './layout.ts';
import { word } from './quote.ts';

/** Longest time that HAProxy can say. */
const forEver = '24d';

/** Bytes that HAProxy may add to a message head. */
const added = 8192;

/** Milliseconds; 0 is no limit. */
export function time(milliseconds: number): string {
  return milliseconds === 0 ? forEver : `${milliseconds}ms`;
}

/** The `global` section. */
export function writeGlobal(plan: Plan, { clientCa }: Layout): string[] {
  const { settings, ledger } = plan;
  const { limits, user, group } = settings;
  // A message head shares its buffer with what HAProxy adds to it: fields, a client's certificate.
  const buffer = Math.max(16_384, (limits.headBytes || 65_536) + added);
  return [
    'global',
    ...(settings.logs.access === 'off' && settings.logs.errors === 'off' ? [] : ['    log /dev/log local0']),
    `    user ${word(user ?? 'haproxy')}`,
    `    group ${word(group ?? user ?? 'haproxy')}`,
    ...(ledger.has(['workers']) ? [`    nbthread ${Math.min(64, settings.workers)}`] : []),
    ...(ledger.has(['limits', 'connections']) && limits.connections > 0 ? [`    maxconn ${limits.connections}`] : []),
    ...(limits.drainTimeout > 0 ? [`    hard-stop-after ${time(limits.drainTimeout)}`] : []),
    `    tune.bufsize ${buffer}`,
    `    tune.maxrewrite ${added}`,
    `    tune.http.maxhdr ${limits.headFields || 32_767}`,
    // The key beside its certificate, as certificate.pem.key.
    '    ssl-load-extra-files key',
    '    ssl-default-bind-options ssl-min-ver TLSv1.2 no-tls-tickets',
    `    ssl-default-bind-ciphers ${intermediateCiphers}`,
    // What was found out about a client's certificate must not be older than its connection.
    ...(clientCa === null ? [] : ['    tune.ssl.cachesize 0']),
    '',
  ];
}

/** The `defaults` section, and the name servers. */
export function writeDefaults({ settings, ledger }: Plan): string[] {
  const { limits, logs } = settings;
  if (logs.access !== 'off') {
    const note = 'in the system log: journalctl -u haproxy, or /var/log/haproxy.log where rsyslog runs';
    ledger.judge(['logs', 'access'], 'approximated', note);
  }
  const answer =
    limits.responseTimeout === 0 || limits.bodyIdle === 0 ? 0 : Math.max(limits.responseTimeout, limits.bodyIdle);
  if (limits.responseTimeout !== limits.bodyIdle) {
    const note = `one time for answers and pauses in them, timeout server: the longer one, ${time(answer)}`;
    ledger.judge(['limits', 'responseTimeout'], 'approximated', note);
  }
  return [
    'defaults',
    '    mode http',
    ...(logs.access === 'off' ? [] : ['    log global', '    option httplog']),
    '    option dontlognull',
    '    option redispatch 1',
    `    timeout connect ${time(limits.connectTimeout)}`,
    `    timeout client ${time(limits.bodyIdle)}`,
    `    timeout server ${time(answer)}`,
    `    timeout http-request ${time(limits.headTimeout)}`,
    `    timeout http-keep-alive ${time(limits.keepAlive)}`,
    `    timeout tunnel ${time(limits.tunnelIdle)}`,
    '    default-server init-addr last,libc,none',
    '',
  ];
}
