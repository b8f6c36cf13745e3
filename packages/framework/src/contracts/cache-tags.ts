import { badOption } from "../core/index.js";

const template = /^([^{}]|\{\w+\})+$/;
const fieldName = /\{(\w+)\}/g;

/**
 * Tags as a contract writes them: `{id}` stands for a field.
 * @throws VastifyError `invalid_argument`, reason `bad_option`
 */
export function expectTags(where: string, tags: readonly string[]): readonly string[] {
  if (!Array.isArray(tags)) throw badOption(where, tags, 'a list of tags such as ["user:{id}"]');
  for (const tag of tags)
    if (typeof tag !== "string" || !template.test(tag)) throw badOption(where, tag, 'a tag such as "user:{id}"');
  return tags;
}

/** The tags of these fields. One whose field is not there is none. */
export function fillTags(tags: readonly string[], fields: unknown): string[] {
  const values = Object(fields) as Readonly<Record<string, unknown>>;
  return tags.flatMap((tag) => {
    let isWhole = true;
    const filled = tag.replace(fieldName, (_, name: string) => {
      const value = Object.hasOwn(values, name) ? values[name] : undefined;
      if (value === undefined || value === null) isWhole = false;
      return String(value);
    });
    return isWhole ? [filled] : [];
  });
}
