import type { Finding } from '@buildkite-operator/pipeline-lint';

/** A finding with the file it is in. */
export interface FileFinding extends Finding {
  readonly file: string;
}

/** How findings are printed: for people, for programs, or as GitHub's annotations of a workflow run. */
export const formats = ['text', 'json', 'github'] as const;

export type Format = (typeof formats)[number];

const shownCharacters = 100;

/** The findings as text that ends with a newline; empty where there is nothing to say. */
export function formatFindings(findings: readonly FileFinding[], format: Format): string {
  switch (format) {
    case 'json':
      return `${JSON.stringify(findings, null, 2)}\n`;
    case 'github':
      return lines(findings.map(annotation));
    case 'text':
      return findings.length === 0 ? '' : lines([...findings.map(textLine), summary(findings)]);
  }
}

function textLine({ file, line, column, severity, ...finding }: FileFinding): string {
  return `${file}:${line}:${column}: ${severity}: ${describe(finding)}`;
}

function summary(findings: readonly FileFinding[]): string {
  const count = (severity: Finding['severity']) => {
    const { length } = findings.filter(finding => finding.severity === severity);
    return `${length} ${severity}${length === 1 ? '' : 's'}`;
  };
  return `${count('error')}, ${count('warning')}`;
}

function describe({ step, field, problem, value }: Pick<FileFinding, 'field' | 'problem' | 'step' | 'value'>): string {
  const where = [step === undefined ? '' : `step "${step}": `, field === '' ? '' : `${field} `].join('');
  if (value === undefined) return `${where}${problem}`;
  const text = JSON.stringify(value) ?? '';
  return `${where}${problem} (found ${text.length > shownCharacters ? `${text.slice(0, shownCharacters)}…` : text})`;
}

function annotation({ file, line, column, severity, ...finding }: FileFinding): string {
  const place = `file=${property(file)},line=${line},col=${column},title=${property(finding.field === '' ? 'pipeline' : finding.field)}`;
  return `::${severity} ${place}::${message(describe(finding))}`;
}

/** What GitHub's runner asks to be escaped in the text of a command. */
function message(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return message(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}

function lines(list: readonly string[]): string {
  return list.map(line => `${line}\n`).join('');
}
