import { z } from 'zod';
import { ChallengeError } from '../solver.ts';
import type { DnsProvider } from './provider.ts';
import { callWebApi } from './web-api.ts';

export interface CloudflareSettings {
  /** An API token that may edit DNS of the zone. A secret. */
  readonly token: string;
  readonly base?: string;
  readonly ca?: string | undefined;
}

const home = 'https://api.cloudflare.com';

const answerSchema = z.object({
  success: z.boolean(),
  errors: z.array(z.object({ code: z.number(), message: z.string() })).catch([]),
  result: z.unknown(),
});
const listSchema = z.array(z.object({ id: z.string().regex(/^[A-Za-z0-9]+$/), content: z.string().optional() }));

/** Codes of "this record exists already". */
const existsAlready = new Set([81057, 81058]);

function readAnswer(status: number, text: string): z.infer<typeof answerSchema> {
  try {
    return answerSchema.parse(JSON.parse(text));
  } catch {
    throw new ChallengeError(`cloudflare sent no readable answer (status ${status})`, { reason: 'trouble' });
  }
}

/** TXT records in a zone at Cloudflare, by its API version 4. */
export function cloudflareProvider(settings: CloudflareSettings): DnsProvider {
  const zones = new Map<string, string>();

  async function call(method: 'GET' | 'POST' | 'DELETE', path: string, body?: object, signal?: AbortSignal) {
    const headers: Record<string, string> = { authorization: `Bearer ${settings.token}` };
    if (body) headers['content-type'] = 'application/json';
    const url = new URL(`/client/v4${path}`, settings.base ?? home);
    const json = body ? { body: JSON.stringify(body) } : {};
    const answer = await callWebApi(url, { method, headers, ca: settings.ca, signal, ...json });
    const { success, errors, result } = readAnswer(answer.status, answer.body);
    if (success || errors.some((one) => existsAlready.has(one.code))) return result;
    const text = errors.map((one) => `${one.message} (${one.code})`).join(', ') || `status ${answer.status}`;
    const refused = answer.status === 401 || answer.status === 403 || answer.status === 400;
    throw new ChallengeError(`cloudflare: ${text}`, {
      reason: refused ? 'setup' : 'trouble',
      ...(refused ? { cure: 'check that the API token is valid and may edit DNS of the zone' } : {}),
    });
  }

  async function list(path: string, signal?: AbortSignal): Promise<z.infer<typeof listSchema>> {
    const result = listSchema.safeParse(await call('GET', path, undefined, signal));
    if (result.success) return result.data;
    throw new ChallengeError('cloudflare sent no readable list', { reason: 'trouble' });
  }

  /** The identifier of the closest zone above `name`. */
  async function zoneOf(name: string, signal?: AbortSignal): Promise<string> {
    const labels = name.split('.');
    for (let start = 0; start < labels.length - 1; start++) {
      const zone = labels.slice(start).join('.');
      const known = zones.get(zone) ?? (await list(`/zones?name=${encodeURIComponent(zone)}`, signal))[0]?.id;
      if (known === undefined) continue;
      zones.set(zone, known);
      return known;
    }
    throw new ChallengeError(`the cloudflare token sees no zone for ${name}`, {
      reason: 'setup',
      cure: 'give the token the right to read and edit the zone',
    });
  }

  return {
    name: 'cloudflare',
    oneValue: false,
    async setTxt(name, value, signal) {
      const record = { type: 'TXT', name, content: `"${value}"`, ttl: 60 };
      await call('POST', `/zones/${await zoneOf(name, signal)}/dns_records`, record, signal);
    },
    async clearTxt(name, value, signal) {
      const zone = await zoneOf(name, signal);
      const records = await list(`/zones/${zone}/dns_records?type=TXT&name=${encodeURIComponent(name)}`, signal);
      for (const { id, content = '' } of records) {
        if (content.replaceAll('"', '') !== value) continue;
        await call('DELETE', `/zones/${zone}/dns_records/${id}`, undefined, signal);
      }
    },
  };
}
