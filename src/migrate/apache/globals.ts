import type { Directive } from './directive.ts';
import type { Ledger } from './ledger.ts';

/** A limit of `sallyport.yaml` that Apache says per host, route or server. */
export type LimitKey = 'responseTimeout' | 'connectTimeout' | 'keepAlive' | 'headTimeout' | 'headBytes' | 'headFields';

/** Values that hold for all sites here: the largest one that anything asks for wins. */
export class Globals {
  readonly #limits = new Map<LimitKey, number>();
  #acme: { email?: string; issuers?: string[] } | undefined;
  readonly trusted: string[] = [];
  proxyProtocol = false;
  accessLog: string | null = null;
  errorLog: string | null = null;

  /** Takes a number of seconds, or of bytes or fields; says what it becomes. */
  limit(key: LimitKey, value: number, by: Directive, ledger: Ledger): void {
    if (!Number.isFinite(value) || value < 0) return ledger.refused(by, 'not a number of seconds');
    this.#limits.set(key, Math.max(this.#limits.get(key) ?? 0, value));
    ledger.approximated(by, `limits: ${key}, for all sites together: the largest value`);
  }

  acme(more: { email?: string; issuers?: string[] }): void {
    this.#acme = { ...this.#acme, ...more };
  }

  /** `acme`, where anything asks for it. */
  acmeConfig(): { email?: string; issuers?: string[] } | undefined {
    return this.#acme;
  }

  limits(): { [Key in LimitKey]?: string | number } {
    const written = [...this.#limits].map(([key, value]): [LimitKey, string | number] => {
      if (key === 'headBytes') return [key, `${Math.max(1, Math.ceil(value / 1024))}KiB`];
      return [key, key === 'headFields' ? Math.min(4096, value) : value === 0 ? 0 : `${Math.min(value, 86_400)}s`];
    });
    return Object.fromEntries(written);
  }
}

/** Seconds as the parameters of `ProxyPass` and `Timeout` write them: `5`, `500ms`, `2min`. NaN for anything else. */
export function secondsOf(text: string): number {
  const match = /^(\d{1,9})(ms|s|sec|mi|min|h)?$/i.exec(text);
  const factor = { ms: 0.001, s: 1, sec: 1, mi: 60, min: 60, h: 3600 }[(match?.[2] ?? 's').toLowerCase()] ?? 1;
  return match ? Math.ceil(Number(match[1]) * factor) : Number.NaN;
}
