import { type Document, LineCounter, parseDocument } from 'yaml';
import type { Expansion } from './expand.ts';
import { ConfigError, Findings } from './problems.ts';
import type { Source } from './source.ts';
import { YamlReader } from './yaml-reader.ts';
import { syntaxProblems } from './yaml-syntax.ts';

/** YAML text as a plain value with positions, `${…}` expanded. Adds to `findings` what stands in the way of parts of it. */
export function readYaml(text: string, file: string, expansion: Expansion): { source: Source; findings: Findings } {
  const lines = new LineCounter();
  const document = parse(text, file, lines);
  const reader = new YamlReader(text, lines, expansion);
  const { value, node } = reader.read(document.contents, null, []);
  const source: Source = { file, directory: expansion.directory, value, root: node };
  const findings = new Findings(source);
  for (const { path, fault, at } of reader.faults) findings.problem(path, fault, at);
  return { source, findings };
}

function parse(text: string, file: string, lines: LineCounter): Document.Parsed {
  const at = (line: number, column: number) => ({ file, line, column });
  let document: Document.Parsed;
  try {
    document = parseDocument(text, { lineCounter: lines, uniqueKeys: false, prettyErrors: false, version: '1.2' });
  } catch {
    throw new ConfigError([
      { message: 'not YAML that can be read: it is nested too deeply', at: at(1, 1), cure: null },
    ]);
  }
  const problems = syntaxProblems([...document.errors, ...document.warnings], text, file, lines);
  if (document.directives.yaml.version !== '1.2') {
    problems.push({
      message: 'another version of YAML; wanted YAML 1.2',
      at: at(1, 1),
      cure: 'Take the %YAML line out.',
    });
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return document;
}
