import { expect, it } from "vitest";
import { silentLogger } from "../../core/index.js";
import { type InstanceAnswer, readInstanceAnswer } from "./ask-instance.js";
import { createDnsListing } from "./dns-listing.js";

const notes = { $$version: "1.0.0", $$microservicePort: 1 };
const { signal } = new AbortController();
const at = (host: string) => ({ host, port: 80 });

/** A listing whose addresses say what a test tells them to say. */
function listing() {
  const says = new Map<string, InstanceAnswer>();
  const warnings: string[] = [];
  const log = { ...silentLogger, warn: (message: string) => void warnings.push(message) };
  const known = createDnsListing({
    target: "shop",
    log,
    ask: async (_, { host }) => says.get(host) ?? { kind: "silent" },
  });
  const hosts = async (...given: string[]) =>
    (await known.update(given.map(at), signal)).passing.map(({ host }) => host);
  const isThere = (host: string): InstanceAnswer =>
    readInstanceAnswer("shop", at(host), { kind: "answered", status: 200, instance: `shop@${host}`, notes });
  return { known, says, warnings, hosts, isThere };
}

it("lists those that are there, and tells who leaves", async () => {
  const { known, says, isThere } = listing();
  says.set("a", isThere("a")).set("b", { kind: "gone", id: "shop@b" }).set("c", { kind: "gone", id: undefined });
  const { passing, withdrawn } = await known.update(["a", "b", "c"].map(at), signal);
  expect(passing.map(({ id }) => id)).toEqual(["shop@a"]);
  expect([...withdrawn]).toEqual(["shop@b"]);
});

it("keeps one that is silent for a moment, and drops it after three silences", async () => {
  const { says, hosts, isThere } = listing();
  says.set("a", isThere("a"));
  await hosts("a");
  says.delete("a");
  expect([await hosts("a"), await hosts("a"), await hosts("a")]).toEqual([["a"], ["a"], []]);
  says.set("a", isThere("a"));
  expect(await hosts("a")).toEqual(["a"]);
});

it("never lists one that was silent from the start", async () => {
  expect(await listing().hosts("a")).toEqual([]);
});

it("warns once of one that is of no use, and again when it was of use meanwhile", async () => {
  const { says, hosts, isThere, warnings } = listing();
  says.set("a", { kind: "wrong", problem: "it is another" });
  await hosts("a");
  expect(await hosts("a")).toEqual([]);
  expect(warnings).toEqual(["a:80, where DNS says that shop is, is skipped: it is another"]);
  says.set("a", isThere("a"));
  await hosts("a");
  says.set("a", { kind: "wrong", problem: "it is another" });
  await hosts("a");
  expect(warnings).toHaveLength(2);
});

it("asks an address once, however often DNS names it", async () => {
  const { says, hosts, isThere } = listing();
  says.set("a", isThere("a"));
  expect(await hosts("a", "a")).toEqual(["a"]);
});
