/** `account-server` and `findUser` are `accountServer_findUser`: it says whose it is, and no service takes another's. */
export function fieldName(target: string, action: string): string {
  const [first = "", ...others] = wordsOf(target);
  return memberName(`${[first.toLowerCase(), ...others.map(capital)].join("")}_${memberName(action)}`);
}

/** `account-server` and `user` are `AccountServer_User`. */
export function typeName(target: string, ...parts: readonly string[]): string {
  return memberName(`${pascal(target)}_${parts.map(pascal).join("")}`);
}

/** What an action is about, if its name begins with what it does: `findUser` is about a `User`, and `login` about a `Login`. */
export function nounOf(action: string): string {
  return /^[a-z]+(?=[A-Z])/.test(action) ? action.replace(/^[a-z]+/, "") : action;
}

/** What of a list is one: of `Users` a `User`. */
export function oneOf(noun: string): string {
  return /[^s]s$/.test(noun) ? noun.slice(0, -1) : noun;
}

/** The name itself where GraphQL allows it; two underscores at the beginning are GraphQL's own. */
export function memberName(name: string): string {
  const safe = name.replaceAll(/\W/g, "_").replace(/^_{2,}/, "_");
  return /^[A-Za-z_]/.test(safe) ? safe : `_${safe}`;
}

/** `created-at` is `CreatedAt`. */
export function pascal(text: string): string {
  return wordsOf(text).map(capital).join("");
}

function wordsOf(text: string): string[] {
  return text.split(/[^A-Za-z0-9]+/).filter((word) => word !== "");
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
