import { createServer } from 'node:http';

const body = `${'x'.repeat(99)}\n`;
const big = Buffer.alloc(1024 * 1024, 'y');
const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  if (request.method === 'GET') return response.end(request.url === '/big' ? big : body);
  let length = 0;
  request.on('data', (piece) => {
    length += piece.length;
  });
  request.on('end', () => response.end(`${length}\n`));
  request.on('error', () => {});
});
server.listen(Number(process.env.PORT) || process.env.SALLYPORT_SOCKET, '127.0.0.1');
process.on('SIGTERM', () => {
  server.close(() => process.exit(0));
  server.closeIdleConnections();
});
