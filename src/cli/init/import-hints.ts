import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { shellWord } from '../shell-word.ts';

const composeFiles = ['compose.yaml', 'compose.yml', 'docker-compose.yaml', 'docker-compose.yml'];

/** Commands that bring along what is configured here already: nginx's and Apache's sites, and services of Docker Compose in `directory`. */
export function importHints(directory: string): string[] {
  const servers = (['nginx', 'apache2'] as const).flatMap((server) => {
    const files = filesIn(`/etc/${server}/sites-enabled`);
    if (files.length === 0) return [];
    return [`sallyport import ${server === 'nginx' ? 'nginx' : 'apache'} ${files.map(shellWord).join(' ')}`];
  });
  const compose = composeFiles.find((name) => existsSync(join(directory, name)));
  return [...servers, ...(compose === undefined ? [] : [`sallyport import compose ${compose}`])];
}

function filesIn(directory: string): string[] {
  try {
    return readdirSync(directory).map((name) => join(directory, name));
  } catch {
    return [];
  }
}
