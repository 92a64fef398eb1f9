/** One thing in the bill of materials, in the form of CycloneDX 1.6. */
export interface Component {
  readonly type: 'application' | 'library' | 'file';
  readonly 'bom-ref': string;
  readonly name: string;
  /** Of a file within a component: that component's. */
  readonly version?: string;
  /** One SPDX expression. */
  readonly licenses?: readonly [{ readonly expression: string }];
  readonly purl?: string;
  readonly cpe?: string;
  readonly hashes?: readonly Hash[];
  readonly externalReferences?: readonly Reference[];
  readonly components?: readonly Component[];
  readonly properties?: readonly { readonly name: string; readonly value: string }[];
}

interface Hash {
  readonly alg: 'SHA-256' | 'SHA-512';
  /** Hexadecimal. */
  readonly content: string;
}

export interface Reference {
  readonly type: 'source-distribution' | 'distribution' | 'website';
  readonly url: string;
  readonly hashes?: readonly Hash[];
}
