import { networkInterfaces } from 'node:os';

/** An address of this machine that others reach. */
export interface OwnAddress {
  /** As it is connected to: link-local ones with their zone. */
  readonly address: string;
  readonly interface: string;
  /** Of a network of containers within this machine: nobody but they are there. */
  readonly containers: boolean;
}

/** Interfaces that Docker, Podman, LXC and libvirt make for what runs on this machine. */
const containerInterface = /^(docker\d|br-[0-9a-f]{12}$|docker_gwbridge$|podman\d|cni|lxcbr|lxdbr|virbr|veth)/;

/** Every address of this machine but those of loopback, IPv4 first. */
export function ownAddresses(): OwnAddress[] {
  const found = Object.entries(networkInterfaces()).flatMap(([name, addresses]) =>
    (addresses ?? []).flatMap(({ address, internal, family, scopeid }) =>
      internal
        ? []
        : [
            {
              address: family === 'IPv6' && scopeid ? `${address}%${name}` : address,
              interface: name,
              containers: containerInterface.test(name),
            },
          ],
    ),
  );
  return [
    ...found.filter(({ address }) => !address.includes(':')),
    ...found.filter(({ address }) => address.includes(':')),
  ];
}
