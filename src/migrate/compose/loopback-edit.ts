import { isDeepStrictEqual } from 'node:util';
import type { ComposeMap, ComposeScalar } from './node.ts';
import { readPort } from './port-lines.ts';
import { printPort } from './port-syntax.ts';
import type { ComposeProject, PortLine } from './project.ts';
import { type Environment, readCompose } from './read-compose.ts';

const loopback = '127.0.0.1';

/** A change of one place of a file. Offsets are those of the text before any change. */
export interface TextEdit {
  readonly file: string;
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** How a port line must be changed to be published on 127.0.0.1 alone; null when it cannot be done within the line. */
export function loopbackEdit(line: PortLine, text: string): TextEdit | null {
  const { node } = line;
  if (node.kind === 'scalar') return editShort(line, node, text);
  return node.kind === 'map' ? editLong(node, text) : null;
}

function editShort(line: PortLine, node: ComposeScalar, text: string): TextEdit | null {
  const quotes = node.style === 'plain' ? 0 : 1;
  const [start, end] = [node.start + quotes, node.end - quotes];
  // What has escapes, or lines of its own, is not what it looks like.
  if (node.style === 'block' || text.slice(start, end) !== node.text) return null;
  const wanted = { ...line.mapping, hostIp: loopback };
  const colons = topLevelColons(node.text);
  const host = colons.at(-2);
  const candidates = [
    ...(host === undefined ? [] : [`${loopback}${node.text.slice(host)}`]),
    `${loopback}:${node.text}`,
    `${loopback}::${node.text}`,
  ];
  for (const candidate of candidates) {
    const read = readPort({ ...node, text: candidate }, line.variables);
    if (!read.faults && isDeepStrictEqual(read.value.mapping, wanted))
      return { file: node.at.file, start, end, text: candidate };
  }
  return null;
}

/** Offsets of the colons that are not part of a variable, such as that of `${PORT:-80}`. */
function topLevelColons(text: string): number[] {
  const colons: number[] = [];
  let open = 0;
  for (const [index, letter] of text.split('').entries()) {
    if (letter === '{') open++;
    else if (letter === '}') open--;
    else if (letter === ':' && open === 0) colons.push(index);
  }
  return colons;
}

function editLong(node: ComposeMap, text: string): TextEdit | null {
  const { file } = node.at;
  const hostIp = node.entries.get('host_ip')?.value;
  if (hostIp !== undefined) {
    if (hostIp.kind !== 'scalar' || hostIp.style === 'block' || hostIp.style === 'nothing') return null;
    if (text.slice(hostIp.start, hostIp.end).includes('\n')) return null;
    const quote = { single: "'", double: '"' }[hostIp.style as string] ?? '';
    return { file, start: hostIp.start, end: hostIp.end, text: `${quote}${loopback}${quote}` };
  }
  if (node.firstKey < 0) return null;
  const line = text.lastIndexOf('\n', node.firstKey - 1) + 1;
  const newLine = text.slice(0, text.indexOf('\n', node.firstKey) + 1).endsWith('\r\n') ? '\r\n' : '\n';
  const indent = ' '.repeat(node.firstKey - line);
  const between = node.flow ? ', ' : `${newLine}${indent}`;
  return { file, start: node.firstKey, end: node.firstKey, text: `host_ip: ${loopback}${between}` };
}

/** A text with edits of it made; where two are of the same place, they are the same, and one is made. */
export function applyEdits(text: string, edits: readonly TextEdit[]): string {
  const sorted = [...edits].sort((a, b) => b.start - a.start);
  let edited = text;
  let last = -1;
  for (const { start, end, text: replacement } of sorted) {
    if (start === last) continue;
    edited = edited.slice(0, start) + replacement + edited.slice(end);
    last = start;
  }
  return edited;
}

/**
 * The texts of the files with these lines published on 127.0.0.1, and nothing else changed: reading them again must give the same services but for
 * that. Null when it does not, and nothing may be written then.
 */
export function withEdits(
  project: ComposeProject,
  files: readonly string[],
  environment: Environment,
  edits: readonly TextEdit[],
): ReadonlyMap<string, string> | null {
  const texts = new Map<string, string>();
  for (const [file, mine] of Map.groupBy(edits, (edit) => edit.file)) {
    texts.set(file, applyEdits(project.files.get(file) ?? '', mine));
  }
  const places = new Set(edits.map(({ file, start }) => `${file}:${start}`));
  try {
    const after = readCompose(files, environment, new Map([...project.files, ...texts]));
    return isDeepStrictEqual(
      meaning(after, () => false),
      meaning(project, (line) => isEdited(line, places)),
    )
      ? texts
      : null;
  } catch {
    return null;
  }
}

/** Whether one of the edits is within the line. */
function isEdited({ node }: PortLine, places: ReadonlySet<string>): boolean {
  for (const place of places) {
    const [start = '', file] = [place.slice(place.lastIndexOf(':') + 1), place.slice(0, place.lastIndexOf(':'))];
    if (file === node.at.file && Number(start) >= node.start && Number(start) <= node.end) return true;
  }
  return false;
}

function meaning(project: ComposeProject, edited: (line: PortLine) => boolean): unknown {
  return project.services.map(({ name, image, ports, labels, environment, networkMode, profiles }) => ({
    name,
    image,
    profiles,
    networkMode: networkMode?.text,
    // Two lines that come to the same are one to Docker.
    ports: new Set(ports.map((line) => printPort(edited(line) ? { ...line.mapping, hostIp: loopback } : line.mapping))),
    settings: [...labels, ...environment].map((setting) => [setting.name, setting.value]),
  }));
}

/** What must stand in the place of a port entry: the entry as it should be, or the line that is to be added to it. */
export function changedLine({ node }: PortLine, text: string, edit: TextEdit): string {
  if (node.kind === 'map' && !node.flow) return `host_ip: ${loopback}`;
  const changed = applyEdits(text, [edit]);
  return `- ${changed.slice(node.start, node.end + edit.text.length - (edit.end - edit.start)).trim()}`;
}
