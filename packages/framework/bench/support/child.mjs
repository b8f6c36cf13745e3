/**
 * Answers what the parent asks (`ask` in children.mjs), one handler per name. The process ends when its parent does.
 * @param {Record<string, (argument: any) => unknown>} handlers
 */
export function answerParent(handlers) {
  process.on("message", async ({ id, name, argument }) => {
    try {
      process.send({ id, result: await handlers[name](argument) });
    } catch (error) {
      process.send({ id, error: error?.stack ?? String(error) });
    }
  });
  process.on("disconnect", () => process.exit());
  process.on("SIGTERM", () => process.exit());
  // Ctrl+C reaches the whole group: the parent decides.
  process.on("SIGINT", () => {});
}
