import { openAccount } from '../acme/account.ts';
import { type AccountKey, exportAccountKey, generateAccountKey, importAccountKey } from '../acme/account-key.ts';
import type { ExternalAccount } from '../acme/jws.ts';
import { changeKey } from '../acme/key-change.ts';
import { AcmeError, isProblem } from '../acme/problem.ts';
import type { AcmeSession } from '../acme/session.ts';
import type { AccountStore } from './store.ts';

export interface AccountSettings {
  /** Key of the account in storage: the issuer's name. */
  readonly name: string;
  readonly email: string;
  /** The binding a CA wants, or how to get one; asked for only when the account is opened. */
  readonly externalAccount?: ExternalAccount | ExternalAccountSource | undefined;
}

/** Gets a binding from the CA for an e-mail address. */
export type ExternalAccountSource = (email: string) => Promise<ExternalAccount>;

/** Makes a session without an account for a given key. */
export type SessionMaker = (key: AccountKey) => AcmeSession;

/** The account of one issuer: created when first needed, kept in storage, created again when the CA lost it. */
export class AccountKeeper {
  readonly #settings: AccountSettings;
  readonly #store: AccountStore;
  /** Orders that start together open the account once. */
  #opening: Promise<unknown> = Promise.resolve();

  constructor(settings: AccountSettings, store: AccountStore) {
    this.#settings = settings;
    this.#store = store;
  }

  /** A session that acts as the account. The key is stored before the CA hears of it. */
  session(make: SessionMaker): Promise<AcmeSession> {
    const next = this.#opening.then(() => this.#open(make));
    this.#opening = next.catch(() => {});
    return next;
  }

  /** Runs `work` as the account; when the CA does not know the account any more, once more with it created anew. */
  async run<T>(make: SessionMaker, work: (session: AcmeSession) => Promise<T>): Promise<T> {
    try {
      return await work(await this.session(make));
    } catch (error) {
      if (!isProblem(error, 'accountDoesNotExist')) throw error;
    }
    await this.forget();
    return work(await this.session(make));
  }

  /** Drops the stored account URL; the key is kept, so that a CA that still knows it finds the same account. */
  async forget(): Promise<void> {
    const { name } = this.#settings;
    const stored = await this.#store.loadAccount(name);
    if (stored) await this.#store.saveAccount(name, { ...stored, url: '' });
  }

  /**
   * Gives the account a new key. Both keys are in storage while the CA decides, so that a lost answer or a crash in
   * between loses nothing: the next session finds out which one the CA took.
   */
  async rollOver(make: SessionMaker): Promise<void> {
    const { name } = this.#settings;
    const session = await this.session(make);
    const next = await generateAccountKey();
    const nextKey = await exportAccountKey(next);
    const key = await exportAccountKey(session.key);
    const url = session.parts.accountUrl;
    await this.#store.saveAccount(name, { key, url, nextKey });
    try {
      await changeKey(session, next);
    } catch (error) {
      if (error instanceof AcmeError && error.kind === 'problem' && (error.status ?? 500) < 500) {
        await this.#store.saveAccount(name, { key, url, nextKey: '' });
      }
      throw error;
    }
    await this.#store.saveAccount(name, { key: nextKey, url, nextKey: '' });
  }

  async #open(make: SessionMaker): Promise<AcmeSession> {
    const { name } = this.#settings;
    let stored = await this.#store.loadAccount(name);
    if (stored && stored.nextKey !== '') stored = await this.#settleRollover(make, stored);
    const key = stored ? await importAccountKey(stored.key) : await generateAccountKey();
    if (stored && stored.url !== '') return make(key).withAccount(stored.url);
    const pem = await exportAccountKey(key);
    if (!stored) await this.#store.saveAccount(name, { key: pem, url: '', nextKey: '' });
    const { email, externalAccount: given } = this.#settings;
    const externalAccount = typeof given === 'function' ? await given(email) : given;
    const [session, url] = await openAccount(make(key), { email, externalAccount });
    await this.#store.saveAccount(name, { key: pem, url, nextKey: '' });
    return session;
  }

  /** After a rollover whose end is unknown: the CA finds the account by the key it has. */
  async #settleRollover(make: SessionMaker, stored: NonNullable<Awaited<ReturnType<AccountStore['loadAccount']>>>) {
    const taken = await isKnown(make(await importAccountKey(stored.nextKey)));
    const settled = { key: taken ? stored.nextKey : stored.key, url: stored.url, nextKey: '' };
    await this.#store.saveAccount(this.#settings.name, settled);
    return settled;
  }
}

/** Whether the CA has an account with the session's key (RFC 8555 section 7.3.1). */
async function isKnown(session: AcmeSession): Promise<boolean> {
  const { privateKey, publicJwk } = session.key;
  try {
    await session.post(session.directory.newAccount, { onlyReturnExisting: true }, { privateKey, jwk: publicJwk });
    return true;
  } catch (error) {
    if (isProblem(error, 'accountDoesNotExist')) return false;
    throw error;
  }
}
