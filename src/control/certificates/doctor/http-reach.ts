import { http01Prefix } from '../challenge/http-01.ts';
import { type Finding, good } from './finding.ts';
import type { HttpView, NoView, Probes } from './probe.ts';

/** One look at port 80 with the eyes of a CA. */
export interface HttpQuestion {
  readonly name: string;
  readonly address: string;
  /** 80 outside of tests. */
  readonly port: number;
  /** 443 outside of tests; where redirects to https lead. */
  readonly tlsPort: number;
  /** A token the running gate answers now, and its answer. */
  readonly token: string;
  readonly answer: string;
}

const mostRedirects = 10;

type Trail = { readonly view: HttpView | NoView; readonly url: URL; readonly hops: readonly string[] };

/** Follows redirects as Let's Encrypt does: up to ten, to ports 80 and 443 only. */
async function walk(question: HttpQuestion, probes: Probes): Promise<Trail> {
  let url = new URL(`http://${question.name.includes(':') ? `[${question.name}]` : question.name}/`);
  url.pathname = http01Prefix + question.token;
  const { hostname } = url;
  const hops: string[] = [];
  for (;;) {
    const port = url.protocol === 'http:' ? question.port : question.tlsPort;
    const view = await probes.http(question.address, port, url);
    if ('failure' in view || view.location === '' || view.status < 300 || view.status > 399) return { view, url, hops };
    if (hops.length === mostRedirects || !URL.canParse(view.location, url)) return { view, url, hops };
    url = new URL(view.location, url);
    hops.push(url.href);
    // A redirect to another host leads away from this machine; what is there is not ours to look at.
    if (url.hostname !== hostname || url.port !== '') return { view, url, hops };
  }
}

/** What the CA will find at one address of the name. */
export async function checkHttp(question: HttpQuestion, probes: Probes): Promise<Finding> {
  const { name, address } = question;
  const subject = `${name} at ${address}`;
  const { view, url, hops } = await walk(question, probes);
  const trail = hops.length > 0 ? `; redirected to ${hops.join(', ')}` : '';
  const error = (code: string, cause: string, evidence: string, cure: string): Finding => ({
    level: 'error',
    code,
    subject,
    cause,
    evidence: evidence + trail,
    cure,
  });
  if ('failure' in view) {
    const cure = 'open port 80 in the firewall and forward it from the router to this machine, or use dns-01';
    return error('port-80-closed', `port ${question.port} cannot be reached`, view.failure, cure);
  }
  if (view.status === 200 && view.body.trim() === question.answer) {
    return good('port-80', subject, 'this gate answers on port 80', `the token came back${trail}`);
  }
  if (hops.length > 0 && !url.pathname.endsWith(question.token)) {
    const cure = 'make the redirect keep the path, or leave /.well-known/acme-challenge/ out of it';
    return error(
      'redirect-loses-token',
      'a redirect in front of this gate loses the token',
      `status ${view.status}`,
      cure,
    );
  }
  if (view.network !== '') {
    const cure = 'use dns-01, or let the network pass /.well-known/acme-challenge/ on to this machine';
    return error('behind-network', `${view.network} answers instead of this gate`, `status ${view.status}`, cure);
  }
  const title = /<title[^>]*>([^<]{1,80})/i.exec(view.body)?.[1]?.trim() ?? '';
  const who = [`status ${view.status}`, view.server && `Server: ${view.server}`, title && `title "${title}"`];
  const router = /router|fritz|speedport|gateway|modem|login/i.test(`${title} ${view.server}`);
  return error(
    'somebody-else',
    router ? "a router's own page answers on port 80" : 'another server answers on port 80, not this gate',
    who.filter(Boolean).join(', '),
    router
      ? 'forward port 80 from the router to this machine'
      : 'stop the other server or move it to another port; check that the name leads to this machine',
  );
}
