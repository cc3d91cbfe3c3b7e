/** What `${NAME}` stands for: what `Define` says, else the environment that Debian's Apache is started with. */
export class Variables {
  readonly #values: Map<string, string>;

  constructor(environment: ReadonlyMap<string, string>) {
    this.#values = new Map([...debianDefaults, ...environment]);
  }

  define(name: string, value: string): void {
    this.#values.set(name, value);
  }

  undefine(name: string): void {
    this.#values.delete(name);
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  /** The text with known names put in; unknown ones stay, and are told to `missing`. `${map:key}` belongs to mod_rewrite. */
  expand(text: string, missing: (name: string) => void): string {
    return text.replace(/\$\{([^{}:]+)\}/g, (written, name: string) => {
      const value = this.#values.get(name);
      if (value === undefined) missing(name);
      return value ?? written;
    });
  }
}

/** Of /etc/apache2/envvars as Debian ships it. */
const debianDefaults: readonly (readonly [string, string])[] = [
  ['APACHE_RUN_USER', 'www-data'],
  ['APACHE_RUN_GROUP', 'www-data'],
  ['APACHE_PID_FILE', '/var/run/apache2/apache2.pid'],
  ['APACHE_RUN_DIR', '/var/run/apache2'],
  ['APACHE_LOCK_DIR', '/var/lock/apache2'],
  ['APACHE_LOG_DIR', '/var/log/apache2'],
];

/** The variables that a file like /etc/apache2/envvars exports; what needs a shell to be understood is left out. */
export function readEnvvars(text: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const line of text.split('\n')) {
    const match = /^\s*(?:export\s+)?([A-Za-z_]\w*)=(?:"([^"]*)"|'([^']*)'|(\S*))\s*(?:#.*)?$/.exec(line);
    if (!match) continue;
    // The suffix is empty for the instance that is not one of several.
    const value = (match[2] ?? match[3] ?? match[4] ?? '').replace(/\$\{?SUFFIX\}?/g, '');
    if (!/[$`\\]/.test(value)) found.set(match[1] ?? '', value);
  }
  return found;
}
