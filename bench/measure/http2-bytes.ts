import type { TLSSocket } from 'node:tls';

const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
const headerLength = 9;
const type = { HEADERS: 1, SETTINGS: 4 } as const;
const flag = { ACK: 1, END_STREAM: 1, END_HEADERS: 4 } as const;

function frame(kind: number, flags: number, streamId: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(headerLength);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = kind;
  head[4] = flags;
  head.writeUInt32BE(streamId, 5);
  return Buffer.concat([head, payload]);
}

/** A literal without indexing whose name has a number in the static table (RFC 7541 §6.2.2); at most 126 octets. */
function literal(name: number, value: string): Buffer {
  return Buffer.concat([Buffer.from([name, value.length]), Buffer.from(value, 'latin1')]);
}

/** The first octets of a client: preface, settings and one GET. */
export function http2Request(authority: string, path: string): Buffer {
  const methodAndScheme = Buffer.from([0x82, 0x87]);
  const block = Buffer.concat([methodAndScheme, literal(1, authority), literal(4, path)]);
  const head = frame(type.HEADERS, flag.END_STREAM | flag.END_HEADERS, 1, block);
  return Buffer.concat([Buffer.from(preface, 'latin1'), frame(type.SETTINGS, 0, 0, Buffer.alloc(0)), head]);
}

/** Sends it and resolves when its answer is whole; rejects when the connection ends first. What comes later is dropped. */
export function http2Answer(socket: TLSSocket, request: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    let pending = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      pending = Buffer.concat([pending, chunk]);
      while (pending.length >= headerLength) {
        const end = headerLength + pending.readUIntBE(0, 3);
        if (pending.length < end) break;
        const [kind, flags, streamId] = [pending[3], pending[4]!, pending.readUInt32BE(5)];
        pending = pending.subarray(end);
        if (kind === type.SETTINGS && (flags & flag.ACK) === 0)
          socket.write(frame(type.SETTINGS, flag.ACK, 0, Buffer.alloc(0)));
        if (streamId === 1 && (kind === 0 || kind === type.HEADERS) && (flags & flag.END_STREAM) !== 0) resolve();
      }
    });
    socket.once('close', () => reject(new Error('the connection was closed before the answer was whole')));
    socket.write(request);
  });
}
