import {
  type handleBidiStreamingCall,
  type handleClientStreamingCall,
  type handleServerStreamingCall,
  type handleUnaryCall,
  Metadata,
  makeGenericClientConstructor,
  Server,
  ServerCredentials,
  type ServiceDefinition,
  status,
} from '@grpc/grpc-js';
import type { Scope } from '../support/scope.ts';

const bytes = (value: Buffer): Buffer => value;
const method = (path: string, requestStream: boolean, responseStream: boolean) => ({
  path: `/test.Echo/${path}`,
  requestStream,
  responseStream,
  requestSerialize: bytes,
  requestDeserialize: bytes,
  responseSerialize: bytes,
  responseDeserialize: bytes,
});

const service: ServiceDefinition = {
  unary: method('Unary', false, false),
  serverStream: method('ServerStream', false, true),
  clientStream: method('ClientStream', true, false),
  bidi: method('Bidi', true, true),
};

export const EchoClient = makeGenericClientConstructor(service, 'Echo');

/** What the server noticed. */
export interface EchoServer {
  readonly port: number;
  /** `grpc-status` style events: a call that the client cancelled, by method. */
  readonly cancelled: string[];
  /** Resolves when the next call is cancelled. */
  nextCancelled(): Promise<string>;
}

/**
 * A gRPC server that echoes: messages come back as they are; `x-…` metadata comes back as `x-back-…` in head and trailers. A unary call
 * with the message `fail` ends with NOT_FOUND, `hang` never ends; a server stream repeats its message by the number in `x-count`.
 */
export async function echoServer(scope: Scope, credentials: ServerCredentials | null): Promise<EchoServer> {
  const cancelled: string[] = [];
  const waiters: ((method: string) => void)[] = [];
  const noteCancel = (name: string) => () => {
    cancelled.push(name);
    waiters.shift()?.(name);
  };
  const echoed = (metadata: Metadata): Metadata => {
    const back = new Metadata();
    for (const key of Object.keys(metadata.getMap())) {
      if (key.startsWith('x-')) for (const value of metadata.get(key)) back.add(key.replace('x-', 'x-back-'), value);
    }
    return back;
  };
  const unary: handleUnaryCall<Buffer, Buffer> = (call, done) => {
    call.on('cancelled', noteCancel('unary'));
    const text = call.request.length > 10 ? '' : call.request.toString();
    if (text === 'hang') return;
    call.sendMetadata(echoed(call.metadata));
    if (text === 'fail') {
      done({ code: status.NOT_FOUND, details: 'not hére', metadata: echoed(call.metadata) });
      return;
    }
    done(null, call.request, echoed(call.metadata));
  };
  const serverStream: handleServerStreamingCall<Buffer, Buffer> = (call) => {
    call.on('cancelled', noteCancel('serverStream'));
    if (call.request.toString() === 'fail') {
      call.emit('error', { code: status.PERMISSION_DENIED, details: 'no' });
      return;
    }
    const count = Number(call.metadata.get('x-count')[0]);
    let sent = 0;
    const pump = (): void => {
      while (sent < count) {
        sent++;
        if (!call.write(call.request)) {
          call.once('drain', pump);
          return;
        }
      }
      call.end(echoed(call.metadata));
    };
    pump();
  };
  const clientStream: handleClientStreamingCall<Buffer, Buffer> = (call, done) => {
    call.on('cancelled', noteCancel('clientStream'));
    let size = 0;
    call.on('data', (piece: Buffer) => {
      size += piece.length;
    });
    call.on('end', () => done(null, Buffer.from(String(size))));
  };
  const bidi: handleBidiStreamingCall<Buffer, Buffer> = (call) => {
    call.on('cancelled', noteCancel('bidi'));
    call.on('data', (piece: Buffer) => {
      call.write(piece);
    });
    call.on('end', () => call.end(echoed(call.metadata)));
    call.on('error', () => {});
  };
  const server = new Server({ 'grpc.max_receive_message_length': -1 });
  server.addService(service, { unary, serverStream, clientStream, bidi });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', credentials ?? ServerCredentials.createInsecure(), (error, bound) => {
      if (error) reject(error);
      else resolve(bound);
    });
  });
  scope.after(() => server.forceShutdown());
  return { port, cancelled, nextCancelled: () => new Promise((resolve) => waiters.push(resolve)) };
}
