/** The one operation that is meant to fail. */
const failing = "shop.fail";
/** Reasons that a gateway has for a 5xx. */
const deliberate = new Set(["no_version", "overloaded"]);

/**
 * What is wrong with an answer; undefined when nothing is.
 * @param {{ id: string, statuses: string[] }} request
 * @param {boolean} isRight whether the request was as the document asks for
 */
export function faultOf(answer, { id, statuses }, isRight) {
  const text = answer.replace(/^HTTP\/1\.1 100 Continue\r\n\r\n/, "");
  const where = `${id}: ${text.slice(0, 600)}`;
  if (/node_modules|\.[jt]s:\d|\n {4}at |mongodb:\/\/|secret/.test(text))
    return `it tells what it should not: ${where}`;
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1]);
  if (Number.isNaN(status)) return isRight ? `no answer: ${where}` : undefined;
  if (status >= 500 && id !== failing && !deliberate.has(/"reason":"(\w+)"/.exec(text)?.[1]))
    return `a failure of the gateway: ${where}`;
  if (status >= 400 && /^content-type: /im.test(text) && !/^content-type: application\/problem\+json/im.test(text))
    return `no problem details: ${where}`;
  if (!isRight || id === failing || id === "shop.audit") return undefined;
  const isDeclared = statuses.some((declared) => declared === String(status) || (declared === "2XX" && status < 300));
  return isDeclared ? undefined : `another status than ${statuses}: ${where}`;
}
