import { parseArgs } from "node:util";

/**
 * Reads a proof's arguments: `--quick`, and a number for each name in `defaults`.
 * @template {Record<string, number>} Defaults
 * @param {string[]} args
 * @param {{ defaults: Defaults, quick: Partial<Defaults> }} choices
 * @returns {Defaults & { isQuick: boolean }}
 */
export function readProofArgs(args, { defaults, quick }) {
  const names = Object.keys(defaults);
  const options = Object.fromEntries(names.map((name) => [name, { type: "string" }]));
  const { values } = parseArgs({ args, options: { ...options, quick: { type: "boolean", default: false } } });
  const chosen = values.quick ? { ...defaults, ...quick } : defaults;
  const read = (name) => {
    const value = Number(values[name] ?? chosen[name]);
    if (!Number.isFinite(value) || value <= 0)
      throw new Error(`--${name} must be a number above 0, got ${values[name]}`);
    return [name, value];
  };
  return { ...Object.fromEntries(names.map(read)), isQuick: values.quick };
}
