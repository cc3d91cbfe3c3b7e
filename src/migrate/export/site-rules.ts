import { all, allBut, approximated, carried, type Row, type Rule, refused } from './rule.ts';

const plus = 'only in nginx Plus';
const noApp = refused('the server runs no programs: the comment beside the route has a systemd unit for it');
const noGuesses = 'no session cookie, and guesses are not slowed: fail2ban can do that';
const forwardAuth: Row = {
  nginx: approximated('auth_request; an answer other than 2xx, 401 and 403 becomes 500'),
  apache: refused('Apache cannot ask another service: the route answers 503, so that nobody gets past'),
  caddy: carried('forward_auth'),
  haproxy: refused('HAProxy asks other services only with a Lua script (haproxy-auth-request): the route answers 503'),
};
const ofForwardAuth = (more: Partial<Row> = {}): Row => ({
  nginx: carried(),
  apache: refused('goes with forwardAuth'),
  caddy: carried(),
  haproxy: refused('goes with forwardAuth'),
  ...more,
});
const rateLimit: Row = {
  nginx: approximated('limit_req; clients are told 429 but no RateLimit fields'),
  apache: refused("Apache's own modules cannot; libapache2-mod-qos can (QS_LocRequestPerSecLimit)"),
  caddy: refused("Debian's Caddy cannot; build one with xcaddy --with github.com/mholt/caddy-ratelimit"),
  haproxy: approximated('counted over a sliding time; clients are told 429 but no RateLimit fields'),
};
const clientCertificates: Row = {
  nginx: approximated('what is wrong with a certificate is told by nginx, with 400; the fingerprint is SHA-1'),
  apache: approximated('clients with a wrong certificate are turned away in the handshake'),
  caddy: approximated(
    'clients with a wrong certificate are turned away in the handshake; serial numbers are told as decimal ones',
  ),
  haproxy: carried(),
};
const check = (haproxy: Rule, apache: Rule, caddy: Rule): Row => ({
  nginx: refused(`nginx asks no targets (${plus}); failed requests count`),
  apache,
  caddy,
  haproxy,
});

/** The keys of a site and of its routes, without what leads there. `to` is also the short form of either. */
export const siteRules: Readonly<Record<string, Row>> = {
  to: all(carried()),
  'to.url': all(carried()),
  'to.caFile': all(carried()),
  'to.serverName': allBut(carried(), {
    apache: approximated('Apache looks for the name in the URL of the target, or the Host, in its certificate'),
  }),
  'to.weight': allBut(carried(), {
    caddy: approximated('Caddy 2.6 has no weights: a target is named as often as its weight says'),
  }),
  'to.maxConnections': {
    nginx: approximated('max_conns; what finds no room is answered with 502 and does not wait'),
    apache: approximated('max=, for each process of Apache'),
    caddy: approximated(
      'unhealthy_request_count, the highest for each target; what finds no room is answered with 503',
    ),
    haproxy: carried(),
  },
  balance: all(carried()),
  'balance.cookie': {
    nginx: approximated(`sticky is ${plus} or nginx 1.29.6: by the client's address instead`),
    apache: carried('stickysession'),
    caddy: carried('lb_policy cookie'),
    haproxy: carried('cookie … insert'),
  },
  'health.path': check(carried('httpchk'), carried('mod_proxy_hcheck'), carried('health_uri')),
  'health.status': check(carried(), carried('ProxyHCExpr'), carried('health_status')),
  'health.interval': check(carried(), carried(), carried()),
  'health.timeout': check(carried(), refused('as long as the timeout of the target'), carried()),
  'health.rise': check(carried(), carried(), refused('one good answer, until Caddy 2.8')),
  'health.fall': check(carried(), carried(), refused('one bad answer, until Caddy 2.8')),
  'health.host': check(carried(), refused('Apache sends the address of the target'), carried()),
  'health.maxFails': {
    nginx: carried('max_fails'),
    apache: approximated('one failed connection takes a target out'),
    caddy: carried('max_fails'),
    haproxy: approximated('observe layer7, together with health.path; else a request moves on to the next target'),
  },
  'health.failWindow': {
    nginx: approximated('fail_timeout is one time for both'),
    apache: refused('Apache counts no failures'),
    caddy: approximated('fail_duration is one time for both'),
    haproxy: refused('HAProxy counts failures in a row'),
  },
  'health.failTimeout': {
    nginx: carried('fail_timeout'),
    apache: carried('retry='),
    caddy: carried('fail_duration'),
    haproxy: refused('a target returns when it answers its checks'),
  },
  'health.slowStart': allBut(refused('targets get their whole share at once'), {
    haproxy: approximated('slowstart, together with health.path'),
  }),
  'queue.requests': allBut(refused('no request waits for a target'), {
    haproxy: refused('any number of requests waits; queue.wait bounds how long'),
  }),
  'queue.wait': allBut(refused('no request waits for a target'), {
    caddy: approximated('lb_try_duration, where targets have maxConnections'),
    haproxy: carried('timeout queue'),
  }),
  ...Object.fromEntries(
    [
      ...['run', 'port', 'wsgi', 'asgi', 'server', 'user', 'group', 'groups', 'home', 'threads', 'processes'],
      ...['virtualenv', 'environment.*', 'reload', 'ready', 'startTimeout', 'stopSignal', 'stopTimeout'],
    ].map((key) => [`app.${key}`, all(noApp)]),
  ),
  stripPrefix: all(carried()),
  redirect: all(carried()),
  status: all(carried()),
  'headers.request.set.*': all(carried()),
  'headers.request.add.*': allBut(carried(), { nginx: approximated('replaces what the client sends under this name') }),
  'headers.request.remove': all(carried()),
  'headers.response.set.*': all(carried()),
  'headers.response.add.*': all(carried()),
  'headers.response.remove': all(carried()),
  'headers.nosniff': all(carried()),
  'headers.frames': all(carried()),
  'headers.referrerPolicy': allBut(carried(), { caddy: approximated('on every answer, not on pages alone') }),
  'headers.secureCookies': all(carried()),
  'headers.hsts': all(carried()),
  'headers.hsts.maxAge': all(carried()),
  'headers.hsts.includeSubDomains': all(carried()),
  'headers.hsts.preload': all(carried()),
  allow: all(carried()),
  deny: all(carried()),
  rateLimit,
  'rateLimit.requests': rateLimit,
  'rateLimit.per': rateLimit,
  'rateLimit.burst': { ...rateLimit, haproxy: approximated('counted over the time in which a whole burst comes back') },
  'rateLimit.key': {
    ...rateLimit,
    nginx: carried(),
    haproxy: carried(),
  },
  'rateLimit.key.header': { ...rateLimit, nginx: carried(), haproxy: carried() },
  forwardAuth,
  'forwardAuth.url': forwardAuth,
  'forwardAuth.caFile': ofForwardAuth(),
  'forwardAuth.copy': ofForwardAuth(),
  'forwardAuth.copyToClient': ofForwardAuth({
    caddy: refused('Caddy gives clients nothing of a consent'),
  }),
  'forwardAuth.user': ofForwardAuth({
    nginx: approximated('its access log has the name of Basic authentication alone'),
    caddy: approximated('its access log has the name of Basic authentication alone'),
  }),
  'forwardAuth.timeout': ofForwardAuth(),
  'forwardAuth.cache': ofForwardAuth({
    nginx: refused('every request is asked about'),
    caddy: refused('every request is asked about'),
  }),
  'forwardAuth.signIn': ofForwardAuth({ caddy: approximated('{url} is put in as it is, its own & and ? not encoded') }),
  clientCertificates,
  'clientCertificates.ca': clientCertificates,
  'clientCertificates.mode': all(carried()),
  'clientCertificates.crl': allBut(carried('in PEM; reload the server when it changes'), {
    caddy: refused('Caddy 2.6 reads no revocation lists: the site answers 503, so that no revoked client gets in'),
  }),
  'clientCertificates.passCertificate': {
    nginx: refused('nginx has no Client-Cert (RFC 9440); $ssl_client_escaped_cert is another form'),
    apache: refused('Apache has no Client-Cert (RFC 9440); SSL_CLIENT_CERT is another form'),
    caddy: carried(),
    haproxy: carried(),
  },
  auth: all(carried()),
  'auth.basic': {
    nginx: approximated(`auth_basic: ${noGuesses}`),
    apache: approximated(`AuthBasicProvider file: ${noGuesses}`),
    caddy: approximated(
      `basicauth: the names and hashes stand in this file, so a change is a new export; ${noGuesses}`,
    ),
    haproxy: approximated(
      `userlist: names and hashes stand in this file, so a change is a new export; each request costs one hash; ${noGuesses}`,
    ),
  },
  'auth.realm': all(carried()),
  'auth.except': all(carried()),
  'auth.passAuthorization': all(carried()),
  'auth.session': all(refused('no session cookie: browsers send the password with each request')),
  'auth.session.lifetime': all(refused('no session cookie: browsers send the password with each request')),
  'auth.session.logout': all(refused('browsers forget a password when they are closed; the path goes to the app')),
  aliases: all(carried()),
  tls: all(carried()),
  'tls.certificate': allBut(carried(), {
    haproxy: approximated('HAProxy looks for the key beside the certificate: a link for it is in the head of the file'),
  }),
  'tls.key': allBut(carried(), {
    haproxy: approximated('HAProxy looks for the key beside the certificate: a link for it is in the head of the file'),
  }),
};
