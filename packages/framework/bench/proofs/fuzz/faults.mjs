/**
 * Whatever should not happen in a process under attack: what is thrown past everybody, warned of, or logged as an error.
 * @param {Error} meant the one failure that is meant to happen, and to be logged
 * @param {RegExp} [saidOfIt] how it is logged where only its wire error is known
 */
export function watchFaults(meant, saidOfIt = /^$/) {
  const faults = [];
  const fault = (kind) => (error) => faults.push(`${kind}: ${error?.stack ?? error}`);
  process.on("uncaughtException", fault("uncaught exception"));
  process.on("unhandledRejection", fault("unhandled rejection"));
  process.on("warning", fault("warning"));
  const logged = (text, fields) => {
    if (fields?.err !== meant && !saidOfIt.test(text)) fault("logged")(`${text} ${fields?.err?.stack ?? ""}`);
  };
  return {
    log: { debug() {}, info() {}, warn: logged, error: logged },
    list: () => [...faults, ...(Object.keys(Object.prototype).length > 0 ? ["Object.prototype is polluted"] : [])],
  };
}
