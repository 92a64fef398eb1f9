import { execa } from 'execa';

/**
 * Slows down what goes to a port of loopback, as a camera's uplink does: it carries so many bits a second, and queues
 * what is over. For a network namespace of the test's own; needs tc.
 */
export async function limitLine(port: number, bitsPerSecond: number): Promise<void> {
  const tc = (...args: readonly string[]) => execa('tc', args);
  const rate = `${bitsPerSecond}bit`;
  await tc('qdisc', 'add', 'dev', 'lo', 'root', 'handle', '1:', 'htb', 'default', '10');
  await tc(
    'class',
    'add',
    'dev',
    'lo',
    'parent',
    '1:',
    'classid',
    '1:10',
    'htb',
    'rate',
    '10gbit',
    'quantum',
    '60000',
  );
  await tc(
    'class',
    'add',
    'dev',
    'lo',
    'parent',
    '1:',
    'classid',
    '1:20',
    'htb',
    'rate',
    rate,
    'ceil',
    rate,
  );
  const match = ['match', 'ip', 'dport', `${port}`, '0xffff'];
  await tc(
    'filter',
    'add',
    'dev',
    'lo',
    'protocol',
    'ip',
    'parent',
    '1:0',
    'prio',
    '1',
    'u32',
    ...match,
    'flowid',
    '1:20',
  );
}

export async function freeLine(): Promise<void> {
  await execa('tc', ['qdisc', 'del', 'dev', 'lo', 'root']);
}
