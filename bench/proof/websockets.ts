import { once } from 'node:events';
import WebSocket from 'ws';

/** WebSockets that are open, each of which says something now and then and wants to hear it back. */
export interface OpenWebSockets {
  readonly count: number;
  /** Closed, without our wish, or silent for too long. */
  dropped(): number;
  close(): void;
}

const talkInterval = 2_000;
const patience = 15_000;

export async function openWebSockets(port: number, name: string, count: number): Promise<OpenWebSockets> {
  const sockets: WebSocket[] = [];
  let dropped = 0;
  let isClosing = false;
  /** When each that owes an answer was asked. */
  const asked = new Map<WebSocket, number>();
  for (let opened = 0; opened < count; opened++) {
    const socket = new WebSocket(`wss://${name}:${port}/ws`, {
      rejectUnauthorized: false,
      perMessageDeflate: false,
      lookup: (_host, _options, done) =>
        (done as (error: null, address: { address: string; family: number }[]) => void)(null, [
          { address: '127.0.0.1', family: 4 },
        ]),
    });
    await once(socket, 'open');
    socket.on('message', () => asked.delete(socket));
    socket.on('error', () => {});
    socket.on('close', () => {
      asked.delete(socket);
      if (!isClosing) dropped++;
    });
    sockets.push(socket);
  }
  let turn = 0;
  const timer = setInterval(
    () => {
      const socket = sockets[turn++ % sockets.length];
      if (socket?.readyState !== WebSocket.OPEN || asked.has(socket)) return;
      asked.set(socket, performance.now());
      socket.send('are you there');
    },
    Math.max(1, talkInterval / Math.max(1, count)),
  );
  return {
    count,
    dropped: () => {
      const now = performance.now();
      return dropped + [...asked.values()].filter((at) => now - at > patience).length;
    },
    close() {
      isClosing = true;
      clearInterval(timer);
      for (const socket of sockets) socket.terminate();
    },
  };
}
