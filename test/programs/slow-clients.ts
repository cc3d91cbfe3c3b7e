/**
 * Slow clients in a process of their own: `slow-clients.ts PORT TLS-PORT HEADS BODIES READS`. Heads and bodies come an octet
 * at a time, answers are hardly read. Prints `established` when all are connected, and `gone N` for how many were closed, each second.
 */
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

const [port = 0, tlsPort = 0, heads = 0, bodies = 0, reads = 0] = process.argv.slice(2).map(Number);
let gone = 0;
let waiting = heads + bodies + reads;

function open(index: number, begin: (socket: Socket, host: string) => void): void {
  const secure = index % 4 === 0;
  const options = { host: '127.0.0.1', servername: 'localhost', rejectUnauthorized: false };
  const socket: Socket = secure ? connectTls({ ...options, port: tlsPort }) : connect(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.on('close', () => gone++);
  socket.once(secure ? 'secureConnect' : 'connect', () => {
    begin(socket, secure ? 'localhost' : 'plain.test');
    waiting--;
    if (waiting === 0) console.log('established');
  });
}

/** An octet of `text`, over and over, each time the clock ticks. */
function drip(socket: Socket, text: string): void {
  let at = 0;
  setInterval(() => {
    if (socket.writable) socket.write(text[at++ % text.length] ?? '');
  }, 1000);
}

for (let i = 0; i < heads; i++) {
  open(i, (socket, host) => {
    socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\n`);
    drip(socket, 'X: y\r\n');
  });
}
for (let i = 0; i < bodies; i++) {
  open(i, (socket, host) => {
    socket.write(`POST / HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 100000\r\n\r\n`);
    drip(socket, 'x');
  });
}
for (let i = 0; i < reads; i++) {
  open(i, (socket, host) => {
    socket.write(`GET /big HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    socket.pause();
    setInterval(() => socket.read(64), 1000);
  });
}
setInterval(() => console.log(`gone ${gone}`), 1000);
