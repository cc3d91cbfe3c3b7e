import 'reflect-metadata';
import { BlockList } from 'node:net';
import { AsnConvert } from '@peculiar/asn1-schema';
import {
  GeneralName,
  GeneralSubtree,
  GeneralSubtrees,
  id_ce_nameConstraints,
  NameConstraints,
} from '@peculiar/asn1-x509';
import * as x509 from '@peculiar/x509';
import { UserError } from '../../../model/errors.ts';
import { parseSubjectName, type SubjectName } from '../x509/names.ts';

/**
 * What the authority may sign at all, written into its own certificates: whoever steals its key can fake nothing else.
 * `dns`: domains with everything below them. `networks`: CIDR. An empty list allows none of that kind.
 */
export interface NameLimits {
  readonly dns: readonly string[];
  readonly networks: readonly string[];
}

/** Brings limits into their canonical form. Throws a UserError that names what is neither a domain nor a network. */
export function readLimits(limits: NameLimits): NameLimits {
  const dns = limits.dns.map((text) => {
    const name = parseSubjectName(text);
    if (name?.type !== 'dns' || name.value.startsWith('*'))
      throw limitIsInvalid(text, 'a domain like internal or home.example.org');
    return name.value;
  });
  const networks = limits.networks.map((text) => {
    const [, address = '', bits = ''] = /^([^/]+)\/(\d{1,3})$/.exec(text) ?? [];
    const name = parseSubjectName(address);
    const longest = name?.value.includes(':') ? 128 : 32;
    if (name?.type !== 'ip' || Number(bits) > longest)
      throw limitIsInvalid(text, 'a network like 10.0.0.0/8 or fd00::/8');
    return `${name.value}/${Number(bits)}`;
  });
  if (dns.length + networks.length === 0) throw limitIsInvalid('', 'at least one domain or network');
  return { dns, networks };
}

function limitIsInvalid(text: string, wanted: string): UserError {
  return new UserError(`${JSON.stringify(text)} cannot limit the in-house CA`, {
    code: 'limit-invalid',
    cure: `Write ${wanted}.`,
  });
}

const subtree = (base: GeneralName): GeneralSubtree => new GeneralSubtree({ base });
const domain = (dNSName: string): GeneralSubtree => subtree(new GeneralName({ dNSName }));
const network = (iPAddress: string): GeneralSubtree => subtree(new GeneralName({ iPAddress }));

/**
 * The name constraints extension (RFC 5280 section 4.2.1.10), critical. A kind of name that is not mentioned would be
 * unrestricted, so a kind with an empty list is excluded as a whole.
 */
export function constraintsExtension(limits: NameLimits): x509.Extension {
  const permitted = [...limits.dns.map(domain), ...limits.networks.map(network)];
  const excluded = [
    ...(limits.dns.length > 0 ? [] : [domain('')]),
    ...(limits.networks.length > 0 ? [] : [network('0.0.0.0/0'), network('::/0')]),
  ];
  const constraints = new NameConstraints({
    ...(permitted.length > 0 && { permittedSubtrees: new GeneralSubtrees(permitted) }),
    ...(excluded.length > 0 && { excludedSubtrees: new GeneralSubtrees(excluded) }),
  });
  return new x509.Extension(id_ce_nameConstraints, true, AsnConvert.serialize(constraints));
}

/** Whether the limits let the authority sign `name`. */
export function permits(limits: NameLimits, name: SubjectName): boolean {
  if (name.type === 'dns') {
    const plain = name.value.replace(/^\*\./, '');
    return limits.dns.some((each) => plain === each || plain.endsWith(`.${each}`));
  }
  const list = new BlockList();
  for (const each of limits.networks) {
    const [address = '', bits] = each.split('/');
    list.addSubnet(address, Number(bits), address.includes(':') ? 'ipv6' : 'ipv4');
  }
  return list.check(name.value, name.value.includes(':') ? 'ipv6' : 'ipv4');
}
