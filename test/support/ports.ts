import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below what Linux gives to whoever leaves the choice to it (`net.ipv4.ip_local_port_range`), above what services use. */
const [lowest, count] = [20_000, 12_000];

/**
 * A TCP port of 127.0.0.1 that nobody listens on, for programs that cannot be told to choose one themselves. None that
 * the system itself gives away; another test may still choose the same before it is used: wrap the start in {@link onFreePort}.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(lowest, lowest + count);
    const server = createServer().listen(port, '127.0.0.1');
    const free = await once(server, 'listening').then(
      () => true,
      () => false,
    );
    if (!free) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
}

/** Calls `start` with a free port, and again with another one should it fail because the port was taken meanwhile. */
export async function onFreePort<T>(start: (port: number) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    try {
      return await start(port);
    } catch (error) {
      if (attempt === 5 || !/address already in use|EADDRINUSE|cannot bind|could not bind/i.test(String(error)))
        throw error;
    }
  }
}
