/** Writes TXT records somewhere. Names are absolute, lower case, without a trailing dot. Rejections are ChallengeErrors. */
export interface DnsProvider {
  /** For messages: `duckdns`, `rfc2136 at 192.0.2.1`, … */
  readonly name: string;
  /** Whether a name can hold only one value at a time, so that proofs must wait for each other. */
  readonly oneValue: boolean;
  /** Adds a value; others of that name stay when the provider can hold several. */
  setTxt(name: string, value: string, signal?: AbortSignal): Promise<void>;
  /** Takes the value away again. A value that is not there is no error. */
  clearTxt(name: string, value: string, signal?: AbortSignal): Promise<void>;
}
