const needed = 24;

/** Ends this program, with a sentence, if the Node.js that runs it is too old for the rest of it. */
export function refuseOldNode(program: string): void {
  const version = process.versions.node;
  if (Number(version.split('.')[0]) >= needed) return;
  process.stderr.write(
    `${program}: needs Node.js ${needed} or later, and ${process.execPath} is ${version}; bin/tools of the checkout fetches one if this machine has version 20 or later\n`,
  );
  process.exit(1);
}
