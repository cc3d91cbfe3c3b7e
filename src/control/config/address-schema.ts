import { z } from 'zod';
import { type Outcome, parsed } from './fault.ts';
import { parseNetwork } from './network.ts';

/** Which client addresses may pass: the keys `allow` and `deny` of a site or route. */

/** `all` stands for every address of both families. */
const everywhere = ['0.0.0.0/0', '::/0'];

function parseNetworks(text: string): Outcome<readonly string[]> {
  if (text === 'all') return { value: everywhere };
  const outcome = parseNetwork(text);
  return outcome.faults ? outcome : { value: [outcome.value] };
}

const networkForm = 'a network such as 10.0.0.0/8, an address, or all';
const networks = (description: string, example: readonly string[]) =>
  z
    .array(parsed(z.string({ error: networkForm }), parseNetworks), { error: 'a list of networks, as in [10.0.0.0/8]' })
    .min(1, { error: 'at least one network, as in [10.0.0.0/8]' })
    .transform((lists) => [...new Set(lists.flat())])
    .optional()
    .meta({ description, examples: [example] });

const whichWins =
  'Where a network of each list holds an address, the smaller network wins. A route with either list of its own has nothing of the lists of its site. Refused is answered with 403; proxies in trustedProxies are seen through.';

export const addressKeys = {
  allow: networks(
    `Networks (CIDR) or addresses of clients that may pass, or all; with this list all others are refused. ${whichWins}`,
    ['10.0.0.0/8', 'fd00::/8'],
  ),
  deny: networks(`Networks (CIDR) or addresses of clients that are refused, or all. ${whichWins}`, ['203.0.113.0/24']),
};
