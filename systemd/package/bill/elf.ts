import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Component } from './component.ts';

const magic = Buffer.from([0x7f, 0x45, 0x4c, 0x46]);

/** Those of `files`, paths below `tree`, that are programs or libraries in machine code. */
export function elfFiles(tree: string, files: readonly string[]): Component[] {
  return [...files].sort().flatMap((file): Component[] => {
    const bytes = readFileSync(join(tree, file));
    if (!bytes.subarray(0, magic.length).equals(magic)) return [];
    const content = createHash('sha256').update(bytes).digest('hex');
    const name = `/${file}`;
    return [{ type: 'file', 'bom-ref': name, name, hashes: [{ alg: 'SHA-256', content }] }];
  });
}
