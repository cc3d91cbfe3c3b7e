import { endOfString, huffmanCodes } from './huffman-code.ts';

/*
 * A machine that eats four bits at a time. A state is an inner node of the code tree: the bits of a symbol seen so far.
 * Each entry of `steps` (state * 16 + nibble) holds the next state in its low 9 bits, the finished symbol in bits 9-16,
 * and the two flags below. The shortest code has five bits, so a nibble finishes one symbol at most.
 */
const emits = 1 << 17;
const fails = 1 << 18;

interface Node {
  readonly children: (Node | undefined)[];
  symbol: number;
  index: number;
  /** Whether a string may end here: fewer than eight bits, all ones (RFC 7541 §5.2). */
  mayEnd: boolean;
}

const newNode = (): Node => ({ children: [], symbol: -1, index: -1, mayEnd: false });

function buildTree(): { root: Node; inner: Node[] } {
  const root = newNode();
  for (const { symbol, length, code } of huffmanCodes()) {
    let node = root;
    for (let bit = length - 1; bit >= 0; bit--) {
      const branch = Math.floor(code / 2 ** bit) % 2;
      node.children[branch] ??= newNode();
      node = node.children[branch] as Node;
    }
    node.symbol = symbol;
  }
  const inner: Node[] = [];
  const visit = (node: Node, depth: number, ones: boolean): void => {
    if (node.symbol >= 0) return;
    node.index = inner.push(node) - 1;
    node.mayEnd = ones && depth < 8;
    node.children.forEach((child, branch) => {
      if (child) visit(child, depth + 1, ones && branch === 1);
    });
  };
  visit(root, 0, true);
  return { root, inner };
}

function buildSteps(): { steps: Int32Array; accepts: Uint8Array } {
  const { root, inner } = buildTree();
  const steps = new Int32Array(inner.length * 16);
  for (const from of inner) {
    for (let nibble = 0; nibble < 16; nibble++) {
      let node = from;
      let entry = 0;
      for (let bit = 3; bit >= 0; bit--) {
        node = node.children[(nibble >> bit) & 1] as Node;
        if (node.symbol === endOfString) entry = fails;
        if (node.symbol < 0) continue;
        entry |= emits | ((node.symbol & 0xff) << 9);
        node = root;
      }
      steps[from.index * 16 + nibble] = entry & fails ? fails : entry | node.index;
    }
  }
  return { steps, accepts: Uint8Array.from(inner, (node) => (node.mayEnd ? 1 : 0)) };
}

const { steps, accepts } = buildSteps();

/**
 * Decodes a Huffman-coded string into `out` at `at`. The caller leaves room for 8/5 of the coded length.
 * Returns the end of the decoded bytes, or -1 when the string holds EOS or ends in a wrong or overlong padding (RFC 7541 §5.2).
 */
export function decodeHuffman(bytes: Uint8Array, start: number, end: number, out: Uint8Array, at: number): number {
  let state = 0;
  let write = at;
  for (let read = start; read < end; read++) {
    const byte = bytes[read]!;
    const high = steps[(state << 4) | (byte >> 4)]!;
    if (high & emits) out[write++] = (high >> 9) & 0xff;
    const low = steps[((high & 0x1ff) << 4) | (byte & 15)]!;
    if (low & emits) out[write++] = (low >> 9) & 0xff;
    if ((high | low) & fails) return -1;
    state = low & 0x1ff;
  }
  return accepts[state] === 1 ? write : -1;
}
