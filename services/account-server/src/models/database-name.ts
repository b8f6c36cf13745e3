/** The database that a MongoDB URI names, else `vastify`: the driver's own default is `test`. */
export function databaseName(uri: string): string {
  const path = /^[^:]+:\/\/[^/?]+\/([^?]*)/.exec(uri)?.[1];
  return path ? decodeURIComponent(path) : "vastify";
}
