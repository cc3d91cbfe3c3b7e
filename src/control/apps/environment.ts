import type { Account } from './account.ts';

/** Variables of the gate that its apps get too. Nothing else is passed on: the gate's own may be secrets. */
const passedOn = /^(?:PATH|TZ|LANG|LANGUAGE|LC_\w+|TMPDIR|SSL_CERT_FILE|SSL_CERT_DIR)$/;

/** The environment of an app: what every program needs, then `own`, which wins. */
export function appEnvironment(account: Account, own: Readonly<Record<string, string>>): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (value !== undefined && passedOn.test(name)) environment[name] = value;
  }
  return {
    PATH: '/usr/local/bin:/usr/bin:/bin',
    ...environment,
    HOME: account.home,
    USER: account.user,
    LOGNAME: account.user,
    ...own,
  };
}
