import { Agent, request } from 'node:http';

/** Clients that ask one after the other until they are told to stop. */
export interface Load {
  /** Answers so far. */
  readonly answered: number;
  /** Resolves when `count` more have been answered. */
  more(count: number): Promise<void>;
  /** Resolves when the last one is answered, with whatever was not a 200, and with the different bodies. */
  stop(): Promise<{ readonly failures: readonly string[]; readonly bodies: ReadonlySet<string> }>;
}

/** Eight clients with connections that are kept, half of which send bodies. */
export function startLoad(port: number, host: string): Load {
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  const failures: string[] = [];
  const bodies = new Set<string>();
  const waiting = new Set<{ readonly at: number; readonly resolve: () => void }>();
  let answered = 0;
  let stopped = false;
  const client = async (index: number): Promise<void> => {
    while (!stopped) {
      try {
        const { status, body } = await ask(agent, port, host, index % 2 === 0 ? '' : 'x'.repeat(1000));
        bodies.add(body);
        if (status !== 200) failures.push(`${status} to ${index % 2 === 0 ? 'GET' : 'POST'}`);
      } catch (error) {
        failures.push(String(error));
      }
      answered++;
      for (const one of waiting) {
        if (one.at > answered) continue;
        waiting.delete(one);
        one.resolve();
      }
    }
  };
  const clients = Promise.all(Array.from({ length: 8 }, (_, index) => client(index)));
  return {
    get answered() {
      return answered;
    },
    more: (count) => new Promise((resolve) => waiting.add({ at: answered + count, resolve })),
    async stop() {
      stopped = true;
      await clients;
      agent.destroy();
      return { failures, bodies };
    },
  };
}

function ask(agent: Agent, port: number, host: string, sent: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const asking = request({ agent, host: '127.0.0.1', port, method: sent === '' ? 'GET' : 'POST', headers: { host } });
    asking.on('error', reject);
    asking.on('response', (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
    });
    asking.end(sent);
  });
}

/** One GET on a connection of its own. */
export async function askOnce(port: number, host: string): Promise<{ status: number; body: string }> {
  const agent = new Agent();
  try {
    return await ask(agent, port, host, '');
  } finally {
    agent.destroy();
  }
}
