/**
 * Proves the layer rule: which folder under src/ may import which. Within a plane, imports point only down its list.
 * Prints every import that breaks it and exits 1; prints one line and exits 0 otherwise.
 */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

const source = resolve(import.meta.dirname, '../src');

/** What each top folder may import besides itself. */
const mayImport: Record<string, readonly string[]> = {
  model: [],
  wire: ['model'],
  passwords: ['model'],
  traffic: ['model', 'wire', 'passwords'],
  control: ['model', 'passwords'],
  gateway: ['model', 'wire', 'passwords', 'traffic', 'control'],
  migrate: ['model', 'passwords', 'control'],
  audit: ['model', 'control', 'migrate'],
  assay: ['model', 'control'],
  demo: ['model'],
  api: ['model', 'control', 'gateway'],
  cli: ['model', 'passwords', 'control', 'gateway', 'migrate', 'audit', 'assay', 'demo'],
};

/** Folders of a plane, upper first: a folder may import those after it. */
const planes: Record<string, readonly string[]> = {
  wire: ['http1', 'http2', 'tls', 'websocket'],
  traffic: ['listen', 'connection', 'exchange', 'route', 'guard', 'filter', 'upstream', 'record'],
  control: ['config', 'admin', 'apps', 'health', 'users', 'certificates', 'machine'],
};

function verdict(importer: string, imported: string): string | null {
  const [fromTop = '', fromSub = ''] = importer.split('/');
  const [toTop = '', toSub = ''] = imported.split('/');
  if (fromTop !== toTop) {
    if (mayImport[fromTop]?.includes(toTop)) return null;
    return `${fromTop} may import ${mayImport[fromTop]?.join(', ') || 'nothing'}`;
  }
  const plane = planes[fromTop];
  if (!plane || fromSub === toSub) return null;
  // A file that stands in the plane's own folder is shared by all of it, or stands above all of it.
  if (fromSub.endsWith('.ts') || toSub.endsWith('.ts')) return null;
  for (const folder of [fromSub, toSub]) {
    if (!plane.includes(folder)) return `folder ${fromTop}/${folder} is not in the list of its plane`;
  }
  if (plane.indexOf(fromSub) < plane.indexOf(toSub)) return null;
  return `in ${fromTop}, imports point down: ${plane.join(' > ')}`;
}

const files = globSync('**/*.ts', { cwd: source }).sort();
let broken = 0;
for (const file of files) {
  const text = readFileSync(join(source, file), 'utf8');
  for (const match of text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)) {
    const imported = relative(source, resolve(source, dirname(file), match[1] ?? ''));
    if (imported.startsWith('..')) continue;
    const reason = verdict(file, imported);
    if (reason === null) continue;
    const line = text.slice(0, match.index).split('\n').length;
    console.error(`src/${file}:${line}: imports ${imported}; ${reason}`);
    broken++;
  }
}
if (broken > 0) process.exit(1);
console.log(`layers: ${files.length} files keep the rule`);
