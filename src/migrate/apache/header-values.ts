import type { HeaderContext } from './headers.ts';

/** What the gate says in a field of requests anyway, so that a rule about it needs no equal; '' for all others. */
export function ownField(name: string, value: string, { secure, names }: HeaderContext): string {
  const field = name.toLowerCase();
  const is = (...variables: readonly string[]): boolean =>
    variables.some((one) => new RegExp(`^(?:expr=)?%\\{${one}\\}[se]?$`, 'i').test(value));
  if (field === 'x-forwarded-proto' || field === 'x-forwarded-protocol' || field === 'x-scheme') {
    const same = value.toLowerCase() === (secure ? 'https' : 'http') || is('REQUEST_SCHEME');
    return same && field === 'x-forwarded-proto' ? 'X-Forwarded-Proto' : '';
  }
  if (field === 'x-forwarded-for' || field === 'x-real-ip') return is('REMOTE_ADDR', 'CONN_REMOTE_ADDR') ? name : '';
  if (field === 'x-forwarded-host')
    return is('HTTP_HOST', 'Host', 'SERVER_NAME') || names.includes(value.toLowerCase()) ? name : '';
  if (field === 'x-remote-user') return is('REMOTE_USER') ? name : '';
  return field === 'upgrade' || field === 'connection' ? 'WebSockets' : '';
}

/** Why a value that Apache makes anew for each request cannot be carried; '' for one that is always the same. */
export function dynamicNote(value: string, name: string): string {
  if (/^expr=/i.test(value) || /%\{[^}]*\}[es]|(?<!%)(?:%%)*%[tDlibc]/.test(value)) {
    if (/REMOTE_USER/i.test(value)) return `the app gets the user's name in X-Remote-User, not in ${name}`;
    if (/SSL_CLIENT/i.test(value))
      return 'the app is told of client certificates in X-Client-Cert-Verify, -Subject, -Serial and -Fingerprint';
    return 'values are the same for every request: what the gate knows of one stands in X-Forwarded-For, -Proto, -Host and Forwarded';
  }
  return '';
}
