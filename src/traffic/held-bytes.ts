/** Above this many bytes held, reads are small; 128 clients that take nothing hold as much. */
const plenty = 32 * 1024 * 1024;

/** Bytes that the writers of this process hold: handed over, and not yet taken by the kernel. */
let held = 0;

export function hold(bytes: number): void {
  held += bytes;
}

export function release(bytes: number): void {
  held -= bytes;
}

/**
 * Whether so much waits for slow readers that what is read next should be little. One slow reader holds what one read brought: without
 * this, a thousand of them would hold a quarter of a gibibyte.
 */
export function holdsPlenty(): boolean {
  return held > plenty;
}
