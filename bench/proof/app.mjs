import { createServer } from 'node:http';

const body = `${'x'.repeat(99)}\n`;
const server = createServer({ keepAliveTimeout: 60_000 }, (_request, response) => response.end(body));
server.listen(Number(process.env.PORT) || process.env.SALLYPORT_SOCKET, '127.0.0.1');
process.on('SIGTERM', () => {
  server.close(() => process.exit(0));
  server.closeIdleConnections();
});
