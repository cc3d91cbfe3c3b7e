import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

/** Where a verb prints. */
export interface Output {
  /** Prints one line. */
  line(text?: string): void;
  /** `text` in `style` on a terminal; unchanged when it is not one, with NO_COLOR, or when TERM is `dumb`. */
  paint(style: Style, text: string): string;
}

/** The surroundings of a verb. */
export interface Terminal {
  readonly out: Output;
  readonly err: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Absolute; relative paths on the command line are meant from here. */
  readonly directory: string;
}

function outputTo(stream: NodeJS.WriteStream): Output {
  const { NO_COLOR, TERM } = process.env;
  const colours = stream.isTTY === true && !NO_COLOR && TERM !== 'dumb';
  // A reader that leaves early (`sallyport status | head -1`) is no failure of ours.
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  return {
    line: (text = '') => void stream.write(`${text}\n`),
    paint: (style, text) => (colours ? styleText(style, text, { validateStream: false }) : text),
  };
}

/** This process's own terminal. */
export function processTerminal(): Terminal {
  return {
    out: outputTo(process.stdout),
    err: outputTo(process.stderr),
    env: process.env,
    directory: process.cwd(),
  };
}
