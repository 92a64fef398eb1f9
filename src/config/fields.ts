import { isIP } from 'node:net';
import * as z from 'zod';
import { isLabel, labelRule } from '../model/camera-name.ts';

/** Says what a value must be; `describeIssues` adds the actual value. */
const mustBe = (what: string) => ({ error: () => `must be ${what}` });

export const text = (what: string) => z.string(mustBe(what)).min(1, mustBe(what));

export const wholeNumber = (min: number, max: number) => {
  const rule = mustBe(`a whole number from ${min} to ${max}`);
  return z.int(rule).min(min, rule).max(max, rule);
};

/** One gigabyte is 10^9 bytes. */
export const gigabytes = () => {
  const rule = mustBe('a number of gigabytes from 0.01 to 1000000');
  return z.number(rule).min(0.01, rule).max(1_000_000, rule);
};

export const percent = () => {
  const rule = mustBe('a number from 0 to 100');
  return z.number(rule).min(0, rule).max(100, rule);
};

export const yesOrNo = () => z.boolean(mustBe('true or false'));

export const oneOf = <const T extends readonly [string, ...string[]]>(...words: T) =>
  z.enum(words, mustBe(words.length === 2 ? words.join(' or ') : `one of ${words.join(', ')}`));

export const label = () => text(`a name: ${labelRule}`).refine(isLabel, mustBe(labelRule));

export const list = <T extends z.ZodType>(item: T, what: string, min = 0) =>
  z.array(item, mustBe(what)).min(min, mustBe(what));

/** A section of options; undeclared keys are refused. */
export const section = <T extends z.core.$ZodLooseShape>(shape: T) =>
  z.strictObject(shape, mustBe('a section: options, indented, one per line'));

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

const addressPattern = /^(?:\[([0-9a-f:.]+)\]|([^\s:[\]]*)):(\d{1,5})$/i;

/** `ADDRESS:PORT`, `[IPV6]:PORT`, or `:PORT` for every IPv4 address. */
export const listenAddress = () =>
  text("an address and a port, such as '0.0.0.0:2222', ':2222' or '[::]:2222'").transform(
    (value, context): ListenAddress => {
      const match = addressPattern.exec(value);
      const port = Number(match?.[3]);
      if (match === null || port > 65_535) {
        context.addIssue({
          code: 'custom',
          message: "must be an address and a port, such as '0.0.0.0:2222', ':2222' or '[::]:2222'",
        });
        return z.NEVER;
      }
      return { host: match[1] ?? (match[2] || '0.0.0.0'), port };
    },
  );

/** A DNS domain, converted to lower case. */
export const domainName = () => {
  const rule = mustBe('a domain, such as cctv.example.com');
  return z
    .string(rule)
    .transform((name) => name.toLowerCase().replace(/\.$/, ''))
    .refine((name) => name.length <= 253 && name.split('.').every(isLabel), rule);
};

export const httpAddress = () =>
  text('an http:// or https:// address').refine(
    (value) => /^https?:$/.test(URL.parse(value)?.protocol ?? ''),
    mustBe('an http:// or https:// address'),
  );

/** `ADDRESS` or `ADDRESS/BITS`. */
export const network = () => {
  const rule = mustBe("an address or a network, such as '127.0.0.1' or '10.0.0.0/8'");
  return z.string(rule).refine((value) => {
    const [address = '', bits, ...rest] = value.split('/');
    const most = isIP(address) === 6 ? 128 : 32;
    if (isIP(address) === 0 || rest.length > 0) return false;
    return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most);
  }, rule);
};
