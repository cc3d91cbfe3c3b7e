import { all, allBut, approximated, carried, type Row, refused } from './rule.ts';

const certbot = (note: string) => refused(`${note}; certbot gets and renews the certificates now`);
const inServerFile = (nginx: string, apache: string, caddy: string): Row => ({
  nginx: approximated(nginx),
  apache: approximated(apache),
  caddy: approximated(caddy),
  haproxy: carried(),
});

/** The keys above `sites`. */
export const globalRules: Readonly<Record<string, Row>> = {
  'listen.http': all(carried()),
  'listen.http.address': all(carried()),
  'listen.http.proxyProtocol': proxyProtocol(),
  'listen.https': all(carried()),
  'listen.https.address': all(carried()),
  'listen.https.proxyProtocol': proxyProtocol(),
  state: all(approximated('the server has places of its own; nothing in this directory is used any more')),
  control: all(approximated('the server has its own ways: systemctl reload and systemctl stop')),
  user: allBut(approximated("as the server's package says, www-data on Debian"), { haproxy: carried() }),
  group: allBut(approximated("as the server's package says"), { haproxy: carried() }),
  workers: inServerFile(
    'worker_processes in nginx.conf; auto is its default on Debian',
    'its own processes and threads: mods-available/mpm_event.conf',
    'one process for all cores',
  ),
  trustedProxies: {
    nginx: carried(),
    apache: approximated('their X-Forwarded-For is believed; X-Forwarded-Proto and -Host are stated anew'),
    caddy: approximated('believed for what the app is told; where allow or deny count, nobody comes through them'),
    haproxy: approximated('of X-Forwarded-For the last four addresses are looked at'),
  },
  http2: all(carried()),
  resolvers: allBut(
    refused('names of targets are looked up as the machine does (/etc/resolv.conf); name the servers there'),
    { haproxy: carried() },
  ),
  'acme.email': allBut(approximated('say it to certbot: certbot register -m'), { caddy: carried() }),
  'acme.issuers': allBut(certbot('certbot --server URL chooses another CA'), {
    caddy: approximated('acme_ca: the first of them alone; Caddy itself falls back from Let’s Encrypt to ZeroSSL'),
  }),
  'acme.issuers.directory': allBut(certbot('certbot --server URL'), { caddy: carried('acme_ca') }),
  'acme.issuers.caFile': allBut(certbot('REQUESTS_CA_BUNDLE for certbot'), { caddy: carried('acme_ca_root') }),
  'acme.issuers.eab.kid': allBut(certbot('certbot --eab-kid'), { caddy: carried('acme_eab') }),
  'acme.issuers.eab.hmac': allBut(certbot('certbot --eab-hmac-key'), { caddy: carried('acme_eab') }),
  'acme.issuers.profile': allBut(certbot('certbot --preferred-profile, from version 4'), {
    caddy: refused("Caddy 2.6 orders the CA's usual profile"),
  }),
  'acme.challenge': allBut(certbot('certbot --preferred-challenges'), {
    caddy: approximated('Caddy tries http-01 and tls-alpn-01 by itself; dns-01 needs a plugin'),
  }),
  'acme.dns': allBut(certbot('a plugin of certbot for this provider'), {
    caddy: refused("Debian's Caddy has no DNS providers; build one with xcaddy"),
  }),
  'acme.resolvers': allBut(certbot('certbot asks those of the machine'), {
    caddy: refused('Caddy asks those of the machine'),
  }),
  'acme.ports.http': allBut(certbot('certbot --http-01-port'), { caddy: approximated('http_port: where it listens') }),
  'acme.ports.https': allBut(certbot('certbot does without'), { caddy: approximated('https_port: where it listens') }),
  'acme.onCertificate': allBut(certbot('a script in /etc/letsencrypt/renewal-hooks/deploy'), {
    caddy: refused('Caddy 2.6 runs no program for events'),
  }),
  'acme.webhook': allBut(certbot('a script in /etc/letsencrypt/renewal-hooks/deploy'), {
    caddy: refused('no webhook'),
  }),
  'acme.webhook.url': allBut(certbot('a script in /etc/letsencrypt/renewal-hooks/deploy'), {
    caddy: refused('no webhook'),
  }),
  'acme.webhook.caFile': all(refused('there is no webhook it would be for')),
  'authority.names': all(noAuthority()),
  'authority.networks': all(noAuthority()),
  'logs.access': all(carried()),
  'logs.errors': {
    nginx: carried(),
    apache: carried(),
    caddy: approximated('in its journal: journalctl -u caddy'),
    haproxy: approximated('with all else in the system log: /var/log/haproxy.log on Debian'),
  },
  'logs.format': {
    nginx: carried(),
    apache: carried(),
    caddy: approximated('Caddy writes JSON of its own'),
    haproxy: approximated('the form that HAProxy calls httplog, in the system log'),
  },
  'limits.handshakeTimeout': {
    nginx: approximated('client_header_timeout counts for the handshake too'),
    apache: carried(),
    caddy: refused('Caddy 2.6 cannot say it'),
    haproxy: approximated('timeout client counts for the handshake'),
  },
  'limits.headTimeout': all(carried()),
  'limits.bodyIdle': allBut(carried(), {
    apache: approximated('a body may also not come slower than one byte a second'),
    caddy: refused('Caddy bounds a whole body (timeouts read_body), not a pause in it'),
  }),
  'limits.keepAlive': all(carried()),
  'limits.connectTimeout': all(carried()),
  'limits.responseTimeout': allBut(carried(), {
    nginx: approximated('one time for answers and WebSockets, proxy_read_timeout: tunnelIdle, or quiet WebSockets end'),
    apache: approximated('one time for answers and WebSockets, timeout=: tunnelIdle, or quiet WebSockets end'),
  }),
  'limits.drainTimeout': {
    nginx: approximated('worker_shutdown_timeout in nginx.conf'),
    apache: carried(),
    caddy: carried(),
    haproxy: carried(),
  },
  'limits.tunnelIdle': allBut(carried(), { caddy: refused('Caddy 2.6 lets quiet WebSockets stay for ever') }),
  'limits.headBytes': allBut(carried(), { apache: approximated('for each line of the head, not for all of it') }),
  'limits.headFields': {
    nginx: refused('nginx counts bytes alone: limits.headBytes'),
    apache: carried(),
    caddy: refused('Caddy counts bytes alone: limits.headBytes'),
    haproxy: carried(),
  },
  'limits.connections': inServerFile(
    'worker_connections in nginx.conf, for each worker, connections to apps included',
    'MaxRequestWorkers in mods-available/mpm_event.conf',
    'as many as the limit on open files allows: LimitNOFILE= of its unit',
  ),
  'limits.connectionsPerAddress': {
    nginx: approximated('requests under way are counted, limit_conn; idle connections are not'),
    apache: refused("Apache's own modules cannot; libapache2-mod-qos can"),
    caddy: refused('Caddy cannot; a firewall can (nftables: ct count)'),
    haproxy: carried(),
  },
};

function proxyProtocol(): Row {
  return {
    nginx: approximated('who is no trusted proxy may connect, but is not believed'),
    apache: approximated('Apache believes it of everybody who connects: let a firewall keep others out'),
    caddy: refused('only from Caddy 2.7 on: listener_wrappers { proxy_protocol { allow NETWORK } tls }'),
    haproxy: carried(),
  };
}

function noAuthority() {
  return refused(
    'there is no in-house CA in this server: `sallyport ca issue` goes on making certificates, within these limits',
  );
}
