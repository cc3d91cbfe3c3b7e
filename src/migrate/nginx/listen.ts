import { isAddress, normaliseHost, splitHostPort } from '../../model/host.ts';
import type { Directive } from './parse.ts';
import type { Scope } from './scope.ts';

/** One `listen` of a server. */
export interface Listen {
  readonly directive: Directive;
  /** '' for every address. */
  readonly host: string;
  readonly port: number;
  readonly ssl: boolean;
  readonly proxyProtocol: boolean;
  /** Why it cannot be listened on; '' when it can. */
  readonly fault: string;
  /** What differs; '' for nothing. */
  readonly difference: string;
}

/** Parameters about the system's sockets, which Sallyport sets itself. */
const socketParameter =
  /^(?:default_server|default|reuseport|deferred|bind|http2|spdy|(?:setfib|fastopen|backlog|rcvbuf|sndbuf|accept_filter|ipv6only|so_keepalive|multipath)(?:=.*)?|multipath)$/;

/** Every `listen` of a server. */
export function listensOf(server: Scope): readonly Listen[] {
  const ssl = server.one('ssl')?.args[0] === 'on';
  return server.own('listen').map((directive) => parseListen(directive, ssl));
}

function parseListen(directive: Directive, allSsl: boolean): Listen {
  const [address = '', ...parameters] = directive.args;
  const ssl = allSsl || parameters.includes('ssl') || parameters.includes('quic');
  const proxyProtocol = parameters.includes('proxy_protocol');
  const base = { directive, ssl, proxyProtocol, host: '', port: ssl ? 443 : 80, fault: '', difference: '' };
  if (address.startsWith('unix:')) {
    return {
      ...base,
      fault: 'Sallyport listens on ports alone; let what connects there use listen: http: "127.0.0.1:8080"',
    };
  }
  if (parameters.includes('quic')) {
    return { ...base, fault: 'there is no HTTP/3; clients use HTTP/2 by themselves' };
  }
  const unknown = parameters.find((one) => !['ssl', 'proxy_protocol'].includes(one) && !socketParameter.test(one));
  if (unknown !== undefined) return { ...base, fault: `the parameter ${unknown} is not known` };
  return { ...base, ...place(address) };
}

function place(address: string): Pick<Listen, 'host' | 'port'> & Partial<Pick<Listen, 'fault' | 'difference'>> {
  if (/^\d{1,5}$/.test(address)) return portOf('', address);
  const parts = splitHostPort(address);
  if (parts === null) return { host: '', port: 80, fault: 'not an address to listen on' };
  const port = parts.port ?? '80';
  const bare = parts.host.replace(/^\[|\]$/g, '');
  if (['', '*', '0.0.0.0', '::'].includes(bare)) return portOf('', port);
  const host = normaliseHost(parts.host === 'localhost' ? '127.0.0.1' : parts.host);
  if (host !== null && isAddress(host)) return portOf(host, port);
  return { ...portOf('', port), difference: `a name is no address to listen on: every address of the machine instead` };
}

function portOf(host: string, text: string): Pick<Listen, 'host' | 'port'> & Partial<Pick<Listen, 'fault'>> {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port >= 1 && port <= 65_535) return { host, port };
  return { host, port: 80, fault: 'not a port' };
}
