/** One connection of a client to a server of the lab, as far as it came. */
export interface Visit {
  /** It sent a ClientHello, so that it was shown the certificate or told that no version fits. */
  hello: boolean;
  /** Version of TLS once the handshake was through, `TLSv1.3`. */
  finished: string | null;
  /** The alert with which the client left. */
  alert: string | null;
  /** The server's own reason for ending a handshake, such as `no shared cipher`: the certificate was never judged. */
  noAgreement: string | null;
  /** What came as a request: its first line, or how many octets of another protocol; null as long as nothing came. */
  sent: string | null;
  /** Names of fields that came with the request and carry secrets; never what is in them. */
  secrets: readonly string[];
  open: boolean;
}

export function newVisit(): Visit {
  return { hello: false, finished: null, alert: null, noAgreement: null, sent: null, secrets: [], open: true };
}

const secretFields = ['authorization', 'proxy-authorization', 'cookie', 'x-api-key'];

/** Notes what the client sent; control characters and anything beyond 100 characters are cut. */
export function noteRequest(visit: Visit, data: Buffer): void {
  const text = data.toString('latin1');
  const first = /^([A-Z]+ \S+ HTTP\/\d(?:\.\d)?)\r?\n/.exec(text)?.[1];
  visit.sent = first === undefined ? `${data.length} octets, not HTTP/1` : first.slice(0, 100);
  const fields = [...text.matchAll(/^([\w-]+):/gm)].map((match) => match[1]!.toLowerCase());
  visit.secrets = secretFields.filter((name) => fields.includes(name));
}

/** What a series of connections to one case comes to. */
export type Outcome = 'accepted' | 'refused' | 'unreached';

/** A client often tries again in another way: one request that came is enough, whatever happened besides. */
export function outcomeOf(visits: readonly Visit[]): Outcome {
  if (visits.some(({ sent }) => sent !== null)) return 'accepted';
  return visits.some(({ hello }) => hello) ? 'refused' : 'unreached';
}

/** In a few words how the client left or what it sent; '' when it never came. */
export function describeVisits(visits: readonly Visit[]): string {
  const accepted = visits.find(({ sent }) => sent !== null);
  if (accepted !== undefined) {
    const secrets = accepted.secrets.length > 0 ? ` with ${accepted.secrets.join(', ')}` : '';
    return `sent ${accepted.sent}${secrets}${accepted.finished === null ? ', in the clear' : ''}`;
  }
  const told = visits.find(({ alert }) => alert !== null) ?? visits.findLast(({ hello }) => hello);
  if (told === undefined) return '';
  if (told.alert !== null) return told.finished === null ? told.alert : `${told.alert}, after the handshake`;
  if (told.noAgreement !== null) return told.noAgreement;
  return told.finished === null ? 'left without an alert' : 'left after the handshake, nothing sent';
}
