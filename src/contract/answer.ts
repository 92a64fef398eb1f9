import * as z from 'zod';

// Times are milliseconds since 1970 UTC, sizes bytes.

/** What a schema describes, as those read it who are given it. */
export type Sent<S extends z.ZodType> = Frozen<z.output<S>>;

/** All the way down: nobody changes what was answered. */
export type Frozen<T> = T extends object ? { readonly [K in keyof T]: Frozen<T[K]> } : T;

/** Any answer with a status of 400 or more. */
export const ErrorAnswer = z.object({ error: z.string() });
export type ErrorAnswer = Sent<typeof ErrorAnswer>;

export const ms = z.number();
export const count = z.number();

/** A list that is answered in pages: `next`, if present, is the `after` of the following page. */
export const page = { next: z.string().optional() };

const maxPage = 1000;
export const PageRequest = z.strictObject({
  limit: z.coerce.number().int().min(1).max(maxPage).default(maxPage),
  after: z.string().max(200).optional(),
});

/** Of what is asked for in a query. */
export const time = z.coerce.number().int();

/** A line of text. @param name what it is called in the sentence that refuses another */
export const line = (name: string, max: number) =>
  z
    .string({ error: () => `${name} must be text` })
    .min(1, { error: () => `${name} is empty` })
    .max(max, { error: () => `${name} is longer than ${max} characters` })
    .regex(/^\P{Cc}*$/u, { error: () => `${name} has control characters in it` });

export const NameRequest = z.strictObject({ name: line('The name', 200) });

/** A setting that was changed, before and after, in words without secrets. */
export const SettingChange = z.object({
  setting: z.string(),
  from: z.string(),
  to: z.string(),
});
export type SettingChange = Sent<typeof SettingChange>;
