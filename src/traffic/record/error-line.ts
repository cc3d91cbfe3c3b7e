import type { LogFacts } from '../../model/log.ts';
import { jsonString } from './escape.ts';
import { utcTimestamp } from './timestamp.ts';

export type Level = 'error' | 'warn' | 'info';

/** `2026-11-22T01:02:03.456Z warn message key=value`; values that are not one plain word are quoted as in JSON. */
export function textLine(time: number, level: Level, message: string, facts: LogFacts = {}): string {
  let line = `${utcTimestamp(time)} ${level} ${unquoted(message)}`;
  for (const [key, value] of Object.entries(facts)) {
    if (value !== undefined) line += ` ${word(key)}=${word(String(value))}`;
  }
  return `${line}\n`;
}

/** One JSON object a line: `time`, `level`, `message` and the facts, which cannot replace these three. */
export function jsonErrorLine(time: number, level: Level, message: string, facts: LogFacts = {}): string {
  let line = `{"time":"${utcTimestamp(time)}","level":"${level}","message":${jsonString(message)}`;
  for (const [key, value] of Object.entries(facts)) {
    if (value === undefined || key === 'time' || key === 'level' || key === 'message') continue;
    line += `,${jsonString(key)}:${jsonValue(value)}`;
  }
  return `${line}}\n`;
}

function jsonValue(value: string | number | boolean): string {
  if (typeof value === 'string') return jsonString(value);
  return typeof value === 'number' && !Number.isFinite(value) ? 'null' : String(value);
}

function word(text: string): string {
  return /^[\w.:/@*+,;~%&?#()[\]-]+$/.test(text) ? text : jsonString(text);
}

/** The message stands without quotes; quotes in it are kept, everything else that JSON escapes is escaped. */
function unquoted(message: string): string {
  return jsonString(message).slice(1, -1).replaceAll('\\"', '"').replaceAll('\\\\', '\\');
}
