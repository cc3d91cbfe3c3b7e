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
  const heard = new Map<WebSocket, number>();
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
    heard.set(socket, performance.now());
    socket.on('message', () => heard.set(socket, performance.now()));
    socket.on('error', () => {});
    socket.on('close', () => {
      heard.delete(socket);
      if (!isClosing) dropped++;
    });
    sockets.push(socket);
  }
  let turn = 0;
  const timer = setInterval(
    () => {
      const socket = sockets[turn++ % sockets.length];
      if (socket?.readyState === WebSocket.OPEN) socket.send('are you there');
    },
    Math.max(1, talkInterval / Math.max(1, count)),
  );
  return {
    count,
    dropped: () => {
      const now = performance.now();
      return dropped + [...heard.values()].filter((at) => now - at > patience + talkInterval).length;
    },
    close() {
      isClosing = true;
      clearInterval(timer);
      for (const socket of sockets) socket.terminate();
    },
  };
}
