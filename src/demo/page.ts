import type { IncomingMessage } from 'node:http';
import { readProgramFile } from '../model/program.ts';

const template = readProgramFile('demo/page.html');

/** The sample page, with what this request looked like to the app. */
export function demoPage({ method = '', url = '', httpVersion, rawHeaders }: IncomingMessage): string {
  const rows = [`<tr><th colspan="2">${escapeHtml(`${method} ${url} HTTP/${httpVersion}`)}</th></tr>`];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    rows.push(
      `<tr><td>${escapeHtml(rawHeaders[index] ?? '')}</td><td>${escapeHtml(rawHeaders[index + 1] ?? '')}</td></tr>`,
    );
  }
  return template.replace('<!--request-->', () => rows.join('\n'));
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
