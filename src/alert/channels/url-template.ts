/** The values that a gateway's template may name in braces. */
export interface TemplateValues {
  /** E.164, with + */
  readonly to: string;
  /** The number without its +. */
  readonly digits: string;
  readonly text: string;
  /** The message's id, the same at each attempt. */
  readonly id: string;
  /** Data coding in SMPP and Kannel: `0` for a text in the GSM alphabet, `2` for any other. */
  readonly coding: string;
  readonly user: string;
  readonly password: string;
  /** The URL for the gateway's reports; empty if reports aren't received. */
  readonly report: string;
}

const names = ['to', 'digits', 'text', 'id', 'coding', 'user', 'password', 'report'] as const;

export type TemplateName = (typeof names)[number];

/** How values are escaped in a template. */
export type Escaping = 'url' | 'json';

const escapes: Readonly<Record<Escaping, (value: string) => string>> = {
  // encodeURIComponent leaves quotes as they are, which confuse a lax receiver.
  url: (value) => encodeURIComponent(value.toWellFormed()).replaceAll("'", '%27'),
  json: (value) => JSON.stringify(value).slice(1, -1),
};

const placeholder = /\{([A-Za-z][\w-]*)\}/g;

const isName = (name: string): name is TemplateName => (names as readonly string[]).includes(name);

export const expandTemplate = (
  template: string,
  escaping: Escaping,
  values: TemplateValues,
): string =>
  template.replace(placeholder, (whole, name: string) =>
    isName(name) ? escapes[escaping](values[name]) : whole,
  );

/** The names in braces of a template, known or not. */
export const namesIn = (template: string): string[] =>
  Array.from(template.matchAll(placeholder), ([, name = '']) => name);

const sample: TemplateValues = {
  to: '+6591234567',
  digits: '6591234567',
  text: 'a & b = "c"? {to}\n\\ é 田 %0d%0a',
  id: 'sample-1',
  coding: '2',
  user: 'user',
  password: 'p&ss "w\\rd',
  report: 'https://cctv.example.com/report/a/b/c',
};

/** Problems of a URL template, each completing "… must". */
export function urlTemplateProblems(template: string): string[] {
  if (!/^[\x21-\x7E]*$/.test(template)) {
    return ['be without spaces, line breaks and characters that are not ASCII: write them as %20'];
  }
  const problems = braceProblems(template);
  const [origin = ''] = /^https?:\/\/[^/?#]*/i.exec(template) ?? [];
  const url = URL.parse(expandTemplate(template, 'url', sample));
  if (origin === '' || url === null) {
    problems.push('be an http:// or https:// address');
  } else if (/[{}]/.test(origin)) {
    problems.push('have names in braces only after the host');
  } else if (origin.includes('@')) {
    problems.push('be without a user and password before the host: give user and passwordFile');
  }
  if (template.includes('#')) problems.push('be without "#": what follows it would not be sent');
  return problems;
}

/** Problems of a body template, each completing "… must". */
export function bodyTemplateProblems(template: string, escaping: Escaping): string[] {
  if (escaping === 'url') {
    return /^[\x21-\x7E]*$/.test(template)
      ? braceProblems(template)
      : ['be without spaces and line breaks: write them as %20'];
  }
  const problems = unknownNames(template);
  // Outside of quotes, the JSON would be valid with one value and break with another.
  if (namesIn(template.replace(/"(?:[^"\\]|\\.)*"/g, '')).length > 0) {
    problems.push('have its names in braces within quotes, as in {"to": "{to}"}');
    return problems;
  }
  try {
    JSON.parse(expandTemplate(template, 'json', sample));
  } catch {
    problems.push('be valid JSON');
  }
  return problems;
}

function braceProblems(template: string): string[] {
  const rest = template.replace(placeholder, '');
  return [
    ...unknownNames(template),
    ...(/[{}]/.test(rest)
      ? ['have braces only around one of those names; write %7B and %7D for themselves']
      : []),
  ];
}

function unknownNames(template: string): string[] {
  const unknown = namesIn(template).filter((name) => !isName(name));
  if (unknown.length === 0) return [];
  const known = names.map((name) => `{${name}}`).join(' ');
  return [`have only ${known}, and not {${unknown.join('}, {')}}`];
}
