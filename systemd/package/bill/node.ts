import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { Component } from './component.ts';
import { elfFiles } from './elf.ts';

/** Node.js, whose own parts are named in the LICENSE beside it. */
export function nodeComponent(tree: string, program: string): Component {
  const version = execFileSync(join(tree, program), ['--version']).toString().trim().slice(1);
  return {
    type: 'application',
    'bom-ref': `pkg:generic/node@${version}`,
    name: 'node',
    version,
    licenses: [{ expression: 'MIT' }],
    purl: `pkg:generic/node@${version}`,
    cpe: `cpe:2.3:a:nodejs:node.js:${version}:*:*:*:*:*:*:*`,
    externalReferences: [
      {
        type: 'source-distribution',
        url: `https://nodejs.org/dist/v${version}/node-v${version}.tar.gz`,
      },
    ],
    components: elfFiles(tree, [program]),
  };
}
