/** As large as what one read from an app brings at most. */
const pieceBytes = 256 * 1024;
/** Kept for the next who needs one: 8 MiB. */
const mostIdle = 32;

const idle: Buffer[] = [];

/** Whether copies of so many bytes are made in memory that is used again; small ones are cheaper to leave to the collector. */
export function isPooled(bytes: number): boolean {
  return bytes >= 16 * 1024 && bytes <= pieceBytes;
}

/** Memory for one large piece on its way out. Without it, downloads would leave their size behind as garbage. */
export function borrowPiece(): Buffer {
  return idle.pop() ?? Buffer.allocUnsafeSlow(pieceBytes);
}

/** Gives it back when nobody reads it any more. */
export function returnPiece(piece: Buffer): void {
  if (idle.length < mostIdle) idle.push(piece);
}
