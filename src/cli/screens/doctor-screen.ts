import type { Finding, Severity } from '../../doctor/doctor.ts';
import { plain } from '../plain.ts';
import { wrap } from '../table.ts';
import { count } from '../units.ts';

const marks: Readonly<Record<Severity, string>> = {
  ok: '  ok      ',
  warning: '  WARNING ',
  problem: '  PROBLEM ',
  unseen: '  not seen',
};
const width = 100;

/** What `cctv doctor` shows. */
export function doctorScreen(findings: readonly Finding[]): string[] {
  const lines: string[] = [];
  for (const [index, finding] of findings.entries()) {
    const { area, severity, text, advice } = finding;
    if (findings[index - 1]?.area !== area) lines.push(`${area[0]?.toUpperCase()}${area.slice(1)}`);
    const [first = '', ...rest] = wrap(plain(text), width);
    lines.push(`${marks[severity]}  ${first}`, ...rest.map((line) => `${' '.repeat(12)}${line}`));
    const told = advice === undefined || severity === 'ok' ? [] : wrap(plain(advice), width - 2);
    for (const [at, line] of told.entries()) {
      lines.push(`${' '.repeat(12)}${at === 0 ? '→ ' : '  '}${line}`);
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
