import { describe, expect, it } from "vitest";
import { silentLogger } from "../../core/index.js";
import { createApiKey } from "./api-key.js";
import { createConsumerStore } from "./consumer-store.js";

const { id, hash } = createApiKey({ consumer: "shop" });
const keys = [{ id, hash }];

/** A store, and what stands in Consul's KV. */
function makeStore() {
  const documents = new Map<string, unknown>();
  const warnings: string[] = [];
  const store = createConsumerStore({
    consumers: { shop: { keys, roles: ["buyer"] } },
    document: (name) => documents.get(name),
    log: { ...silentLogger, warn: (text) => void warnings.push(text) },
  });
  return { store, documents, warnings };
}

describe("a consumer store", () => {
  it("knows what it was started with, and nobody else", () => {
    const { store } = makeStore();
    expect(store.find("shop")?.roles).toEqual(["buyer"]);
    for (const name of ["other", "__proto__", "constructor"]) expect(store.find(name)).toBeUndefined();
  });

  it("takes what operators wrote for the whole consumer, until they take it out", () => {
    const { store, documents } = makeStore();
    documents.set("shop", { keys: [] });
    expect(store.find("shop")).toMatchObject({ roles: [], keys: new Map() });
    documents.delete("shop");
    expect(store.find("shop")?.keys.has(id)).toBe(true);
  });

  it.each([
    [{ keys: [{ id, hash: "sha1:abc" }] }, /shop\.keys\[0\]\.hash must be what createApiKey gave/],
    [{ keys: [{ id }] }, /shop\.keys\[0\] must be an id and a hash/],
    [{ keys: [{ id, hash, expires: "soon" }] }, /shop\.keys\[0\]\.expires must be a time/],
    [{ keys, roels: ["admin"] }, /shop\.roels must be left out/],
    [["admin"], /shop must be an object/],
  ])("stays with what it knew when it can't read %j, and says so once", (document, warning) => {
    const { store, documents, warnings } = makeStore();
    documents.set("shop", document);
    for (let time = 0; time < 3; time++) expect(store.find("shop")?.roles).toEqual(["buyer"]);
    expect(warnings).toEqual([expect.stringMatching(warning)]);
  });
});

describe("an API key", () => {
  it("does not stand in what is kept of it", () => {
    const key = createApiKey({ consumer: "shop" });
    expect(key.text).toMatch(new RegExp(`^shop\\.${key.id}\\.[\\w-]{43}$`));
    expect(key.hash).not.toContain(key.text.split(".")[2]);
  });

  it.each(["Shop", "a.b", "", "-a", "x".repeat(65)])("is not made for a consumer named %j", (consumer) => {
    expect(() => createApiKey({ consumer })).toThrow(/consumer must be a name of small letters/);
  });
});
