const [neededMajor, neededMinor] = [20, 19];

/** Ends the process with one line when this Node.js is too old for the workspace. */
export function expectNodeVersion() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major > neededMajor || (major === neededMajor && minor >= neededMinor)) return;
  console.error(`Node.js ${neededMajor}.${neededMinor} or newer is needed, this is ${process.versions.node}.`);
  process.exit(1);
}
