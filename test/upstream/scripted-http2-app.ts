import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { FrameType } from '../../src/wire/http2/frames/frame-type.ts';
import { clientPreface } from '../../src/wire/http2/server-connection.ts';
import { frame } from '../http2/peer.ts';
import type { Scope } from '../support/scope.ts';

/** A frame that the gate sent. */
export interface GateFrame {
  readonly type: number;
  readonly flags: number;
  readonly id: number;
  readonly payload: Buffer;
}

/** One connection of the gate as the script sees it. */
export interface ScriptedConnection {
  /** Counts from 1. */
  readonly number: number;
  readonly socket: Socket;
  readonly frames: readonly GateFrame[];
  write(...pieces: readonly Buffer[]): void;
}

export interface ScriptedApp {
  readonly port: number;
  readonly connections: readonly ScriptedConnection[];
  /** Frames of a type on all connections so far. */
  seen(type: number): readonly GateFrame[];
}

/** What the app does with each frame of the gate. */
export type FrameScript = (frame: GateFrame, connection: ScriptedConnection) => void;

/** An app that speaks HTTP/2 frame by frame: it sends `settings` and acknowledges the gate's, everything else the script does. */
export async function scriptedHttp2App(
  scope: Scope,
  script: FrameScript,
  settings: Buffer = frame(FrameType.SETTINGS, 0, 0),
): Promise<ScriptedApp> {
  const connections: ScriptedConnection[] = [];
  const server = createServer({ noDelay: true }, (socket) => {
    const frames: GateFrame[] = [];
    const connection: ScriptedConnection = {
      number: connections.length + 1,
      socket,
      frames,
      write: (...pieces) => void socket.write(Buffer.concat(pieces)),
    };
    connections.push(connection);
    socket.on('error', () => {});
    connection.write(settings);
    let input: Buffer = Buffer.alloc(0);
    let begun = false;
    socket.on('data', (chunk: Buffer) => {
      input = Buffer.concat([input, chunk]);
      if (!begun) {
        if (input.length < clientPreface.length) return;
        input = input.subarray(clientPreface.length);
        begun = true;
      }
      while (input.length >= 9 && input.length >= 9 + input.readUIntBE(0, 3)) {
        const end = 9 + input.readUIntBE(0, 3);
        const seen = {
          type: input[3]!,
          flags: input[4]!,
          id: input.readUInt32BE(5),
          payload: Buffer.from(input.subarray(9, end)),
        };
        input = input.subarray(end);
        frames.push(seen);
        if (seen.type === FrameType.SETTINGS && seen.flags === 0) connection.write(frame(FrameType.SETTINGS, 1, 0));
        script(seen, connection);
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  scope.after(() => {
    for (const { socket } of connections) socket.destroy();
    server.close();
  });
  return {
    port: (server.address() as AddressInfo).port,
    connections,
    seen: (type) => connections.flatMap(({ frames }) => frames.filter((one) => one.type === type)),
  };
}
