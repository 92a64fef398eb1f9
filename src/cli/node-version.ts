const needed = 24;

/** Exits with a message if this Node.js is too old for the program. */
export function refuseOldNode(program: string): void {
  const version = process.versions.node;
  if (Number(version.split('.')[0]) >= needed) return;
  process.stderr.write(
    `${program}: needs Node.js ${needed} or later, and ${process.execPath} is ${version}; bin/tools of the checkout fetches one if this machine has version 20 or later\n`,
  );
  process.exit(1);
}
