import type { Clock } from '../../../model/clock.ts';
import type { AccountKey } from './account-key.ts';
import { checkStatus, requiredHeader } from './answer.ts';
import type { Directory } from './directory.ts';
import { type Signer, signRequest } from './jws.ts';
import { isProblem } from './problem.ts';
import type { AcmeResponse, AcmeTransport } from './transport.ts';

const mostNonces = 8;
const mostBadNonces = 10;

/** What a session is made of. `accountUrl` is '' until the account is known. */
export interface SessionParts {
  readonly transport: AcmeTransport;
  readonly clock: Clock;
  readonly directory: Directory;
  readonly key: AccountKey;
  readonly accountUrl: string;
  readonly signal?: AbortSignal | undefined;
}

/** Signed requests of one account at one CA, with the nonces they need (RFC 8555 sections 6.2 to 6.5). */
export class AcmeSession {
  readonly parts: SessionParts;
  #nonces: string[] = [];

  constructor(parts: SessionParts) {
    this.parts = parts;
  }

  get directory(): Directory {
    return this.parts.directory;
  }

  get key(): AccountKey {
    return this.parts.key;
  }

  now(): number {
    return this.parts.clock.now();
  }

  /** The same CA seen as account `accountUrl`; nonces are not shared. */
  withAccount(accountUrl: string, key: AccountKey = this.parts.key): AcmeSession {
    return new AcmeSession({ ...this.parts, accountUrl, key });
  }

  /** POST-as-GET: reads a resource. */
  read(url: string, accept?: string): Promise<AcmeResponse> {
    return this.post(url, undefined, this.#accountSigner(), accept);
  }

  /** Signed by the account. */
  send(url: string, payload: object): Promise<AcmeResponse> {
    return this.post(url, payload, this.#accountSigner());
  }

  /** Signed by `signer`. A refused nonce is replaced and the request repeated, a bounded number of times. */
  async post(url: string, payload: object | undefined, signer: Signer, accept?: string): Promise<AcmeResponse> {
    for (let attempt = 1; ; attempt++) {
      const body = await signRequest(signer, { url, nonce: await this.#nonce() }, payload);
      const response = await this.#exchange(url, { method: 'POST', body, ...(accept ? { accept } : {}) });
      try {
        checkStatus(response, this.now());
        return response;
      } catch (error) {
        if (!isProblem(error, 'badNonce') || attempt >= mostBadNonces) throw error;
      }
    }
  }

  #accountSigner(): Signer {
    return { privateKey: this.parts.key.privateKey, kid: this.parts.accountUrl };
  }

  async #nonce(): Promise<string> {
    const stored = this.#nonces.pop();
    if (stored !== undefined) return stored;
    const response = await this.#exchange(this.directory.newNonce, { method: 'HEAD' });
    checkStatus(response, this.now());
    const fresh = this.#nonces.pop();
    return fresh ?? requiredHeader(response, 'replay-nonce');
  }

  async #exchange(url: string, request: Parameters<AcmeTransport>[1]): Promise<AcmeResponse> {
    const response = await this.parts.transport(url, { ...request, signal: this.parts.signal });
    const nonce = response.header('replay-nonce');
    if (nonce !== undefined && /^[A-Za-z0-9_-]+$/.test(nonce)) {
      this.#nonces.push(nonce);
      if (this.#nonces.length > mostNonces) this.#nonces.shift();
    }
    return response;
  }
}
