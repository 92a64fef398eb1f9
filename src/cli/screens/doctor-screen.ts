import type { Finding, Severity } from '../../doctor/finding.ts';
import { plain } from '../plain.ts';
import { wrap } from '../table.ts';
import { count } from '../../lib/words.ts';
import { terminalWidth } from '../width.ts';

const indent = ' '.repeat(12);

const marks: Readonly<Record<Severity, string>> = {
  ok: '  ok      ',
  warning: '  WARNING ',
  problem: '  PROBLEM ',
  unseen: '  not seen',
};

/** What `cctv doctor` shows. */
export function doctorScreen(findings: readonly Finding[]): string[] {
  const lines: string[] = [];
  const width = Math.min(100, (terminalWidth() ?? Infinity) - indent.length);
  for (const [index, finding] of findings.entries()) {
    const { area, severity, text, advice } = finding;
    if (findings[index - 1]?.area !== area) lines.push(`${area[0]?.toUpperCase()}${area.slice(1)}`);
    const [first = '', ...rest] = wrap(plain(text), width);
    lines.push(`${marks[severity]}  ${first}`, ...rest.map((line) => `${indent}${line}`));
    const told = advice === undefined || severity === 'ok' ? [] : wrap(plain(advice), width - 2);
    for (const [at, line] of told.entries()) {
      lines.push(`${indent}${at === 0 ? '→ ' : '  '}${line}`);
    }
  }
  const of = (severity: Severity): number =>
    findings.filter((finding) => finding.severity === severity).length;
  return [
    ...lines,
    '',
    `${count(of('problem'), 'problem')}, ${count(of('warning'), 'warning')}, ${of('ok')} ok, ${of('unseen')} not seen from here`,
  ];
}
