import { Document, isMap, isScalar, isSeq, type Node, type Pair, Scalar, type YAMLMap, type YAMLSeq } from 'yaml';
import type { Config } from '../control/config/schema.ts';
import type { Comment } from './verdict.ts';

/**
 * Keys in the order of the written file: what an app is, which only an app says; where the gate listens, how it serves, the sites; in a
 * site, whose it is, where it leads, who may pass.
 */
const keyOrder = [
  ...['run', 'wsgi', 'asgi'],
  ...['listen', 'http', 'https', 'state', 'control', 'user', 'group', 'workers', 'trustedProxies', 'http2'],
  ...['resolvers', 'acme', 'authority', 'logs', 'limits', 'sites'],
  ...['aliases', 'tls', 'url', 'to', 'app', 'stripPrefix', 'redirect', 'status', 'balance', 'health', 'queue'],
  ...['auth', 'allow', 'deny', 'rateLimit', 'forwardAuth', 'clientCertificates', 'headers', 'routes'],
];

/** Mappings whose keys the user chose keep their order. */
const ownKeys = new Set(['sites', 'routes', 'set', 'add', 'environment']);

/** Longest mapping or list on one line. */
const flowWidth = 90;

/** A configuration as the text of a `sallyport.yaml`. Comments whose path leads nowhere stand at the head of the file. */
export function writeYaml(config: Config, comments: readonly Comment[] = []): string {
  const document = new Document(ordered(config, ''));
  for (const { path, text } of comments) {
    const anchor = path.length === 0 ? null : anchorOf(document.contents, path);
    if (anchor === null) document.commentBefore = joined(document.commentBefore, text);
    else anchor.commentBefore = joined(anchor.commentBefore, text);
  }
  layOut(document.contents);
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}

function joined(before: string | null | undefined, text: string): string {
  const lines = text.split(/\r?\n/).map((line) => ` ${line}`);
  return [...(before ? [before] : []), ...lines].join('\n');
}

function ordered(value: unknown, key: string): unknown {
  if (Array.isArray(value)) return value.map((item) => ordered(item, ''));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, member]) => member !== undefined);
  if (!ownKeys.has(key)) entries.sort(([a], [b]) => rank(a) - rank(b));
  return new Map(entries.map(([name, member]) => [name, ordered(member, name)]));
}

function rank(key: string): number {
  const place = keyOrder.indexOf(key);
  return place < 0 ? keyOrder.length : place;
}

/** The key that a path leads to. */
function anchorOf(root: unknown, path: readonly string[]): Scalar | null {
  let node = root;
  let anchor: Scalar | null = null;
  for (const name of path) {
    if (!isMap(node)) return anchor;
    const pair: Pair | undefined = node.items.find(({ key }) => isScalar(key) && key.value === name);
    if (pair === undefined) return anchor;
    anchor = isScalar(pair.key) ? pair.key : anchor;
    node = pair.value;
  }
  return anchor;
}

/** Keys of the file, of each site and of its routes have a line of their own. */
function layOut(root: unknown): void {
  for (const { key, value } of pairs(root)) {
    if (!isNamed(key, 'sites')) compact(value);
    else for (const site of pairs(value)) layOutSite(site.value);
  }
}

function layOutSite(site: unknown): void {
  for (const { key, value } of pairs(site)) {
    if (!isNamed(key, 'routes')) compact(value);
    else for (const route of pairs(value)) compact(route.value);
  }
}

function pairs(node: unknown): readonly Pair[] {
  return isMap(node) ? node.items : [];
}

function isNamed(key: unknown, name: string): boolean {
  return isScalar(key) && key.value === name;
}

/** Puts short mappings and lists without comments on one line, the innermost ones only. */
function compact(node: unknown): void {
  if (!isMap(node) && !isSeq(node)) return;
  const values = isMap(node) ? node.items.map(({ value }) => value) : node.items;
  for (const value of values) compact(value);
  if (!hasComment(node) && values.every(isShort) && width(node) <= flowWidth) node.flow = true;
}

function isShort(value: unknown): boolean {
  return isScalar(value) || (isSeq(value) && value.flow === true);
}

function hasComment(node: YAMLMap | YAMLSeq): boolean {
  const nodes: unknown[] = isMap(node) ? node.items.map(({ key }) => key) : node.items;
  return nodes.some((one) => isNodeWithComment(one));
}

function isNodeWithComment(node: unknown): boolean {
  return node instanceof Scalar && Boolean((node as Node).commentBefore);
}

function width(node: YAMLMap | YAMLSeq): number {
  return JSON.stringify(node.toJSON()).length;
}
