/** Says that it serves, and tells its memory when it is asked for it. */
export function tellParent() {
  process.on("message", () => process.send(process.memoryUsage.rss()));
  process.send("serving");
}
