import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

/**
 * A TCP port of 127.0.0.1 that nobody listens on, for programs that cannot be told to choose one themselves.
 * Another process may take it before it is used: wrap the start in {@link onFreePort}.
 */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
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
