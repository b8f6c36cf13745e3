import { describe, expect, it } from "vitest";
import { createFollowed } from "./followed-target.js";
import type { Instance } from "./instance.js";

function instanceOf(id: string, zone?: string): Instance {
  return {
    ...{ id, target: "a", version: "1.0.0", host: "10.0.0.1", httpPort: 80 },
    ...{ endpoint: { host: "10.0.0.1", port: 81, protocols: [] }, description: "d", zone },
  };
}

function follow(names = ["a"]) {
  const asked = new Map<string, () => void>();
  const watched = new Map<string, AbortSignal>();
  const unlisted = {
    keep(instance: Instance, onGone: () => void) {
      asked.set(instance.id, () => {
        asked.delete(instance.id);
        onGone();
      });
      return () => void asked.delete(instance.id);
    },
    size: 0,
    stop() {},
  };
  let changes = 0;
  const followed = createFollowed({
    target: "a",
    unlisted,
    watchName: (name, signal) => watched.set(name, signal),
    onChange: () => {
      changes += 1;
    },
  });
  followed.follow(names, true);
  return {
    followed,
    watched,
    isAsked: () => [...asked.keys()],
    says: { gone: (id: string) => asked.get(id)?.() },
    changes: () => changes,
    ids: () => followed.instances.map(({ id }) => id),
    list: (ids: readonly string[], withdrawn: readonly string[] = [], name = "a") =>
      followed.take(name, { passing: ids.map((id) => instanceOf(id)), withdrawn: new Set(withdrawn) }),
  };
}

describe("the instances of a target", () => {
  it("are those that Consul lists", () => {
    const { list, ids } = follow();
    list(["a@1", "a@2"]);
    list(["a@1", "a@2", "a@3"]);
    expect(ids()).toEqual(["a@1", "a@2", "a@3"]);
  });

  it("go at once when fewer than half of them vanish together", () => {
    const { list, ids, isAsked } = follow();
    list(["a@1", "a@2", "a@3"]);
    list(["a@1", "a@2"]);
    expect([ids(), isAsked()]).toEqual([["a@1", "a@2"], []]);
  });

  it.each([
    [["a@1"], []],
    [["a@1", "a@2"], ["a@1"]],
    [["a@1", "a@2", "a@3"], ["a@1"]],
    [["a@1", "a@2", "a@3"], []],
  ])("of %j stay and are asked when Consul lists %j all at once", (before, after) => {
    const { list, ids, isAsked } = follow();
    list(before);
    list(after);
    expect(ids().toSorted()).toEqual(before);
    expect(isAsked()).toEqual(before.filter((id) => !after.includes(id)));
  });

  it("go when they are asked and are not there", () => {
    const { list, ids, says, changes } = follow();
    list(["a@1", "a@2"]);
    list([]);
    const before = changes();
    says.gone("a@1");
    expect([ids(), changes()]).toEqual([["a@2"], before + 1]);
  });

  it("are the same objects when Consul lists them again, and asked no more", () => {
    const { list, followed, isAsked } = follow();
    list(["a@1", "a@2"]);
    const before = followed.instances;
    list([]);
    list(["a@1", "a@2"]);
    expect(isAsked()).toEqual([]);
    expect(followed.instances).toBe(before);
    expect(followed.instances[0]).toBe(before[0]);
  });

  it("are others when something about them changed", () => {
    const { list, followed } = follow();
    list(["a@1", "a@2"]);
    const [first, second] = followed.instances;
    followed.take("a", { passing: [instanceOf("a@1", "rack-7"), instanceOf("a@2")], withdrawn: new Set() });
    expect(followed.instances[0]).not.toBe(first);
    expect(followed.instances[1]).toBe(second);
  });

  it("go at once when an operator withdraws them, listed before or asked", () => {
    const { list, ids, isAsked } = follow();
    list(["a@1", "a@2"]);
    list(["a@1"], ["a@2"]);
    expect([ids(), isAsked()]).toEqual([["a@1"], []]);
    list([]);
    expect(isAsked()).toEqual(["a@1"]);
    list([], ["a@1"]);
    expect([ids(), isAsked()]).toEqual([[], []]);
  });

  it("come from all its names, and those of a name that vanished are asked", () => {
    const { followed, list, ids, isAsked, watched } = follow(["a", "a@1", "a@2"]);
    list([], [], "a");
    list(["a@1"], [], "a@1");
    list(["a@2"], [], "a@2");
    expect(ids()).toEqual(["a@1", "a@2"]);
    followed.follow(["a"], true);
    expect(watched.get("a@1")?.aborted).toBe(true);
    expect([ids(), isAsked()]).toEqual([
      ["a@1", "a@2"],
      ["a@1", "a@2"],
    ]);
  });

  it("tell of a change only when there is one", () => {
    const { list, changes } = follow();
    list(["a@1"]);
    list(["a@1"]);
    expect(changes()).toBe(1);
  });

  it("are known once Consul has answered about all of its names", async () => {
    const { followed, list } = follow(["a", "a@1"]);
    let isKnown = false;
    void followed.known.then(() => {
      isKnown = true;
    });
    list([]);
    await Promise.resolve();
    expect(isKnown).toBe(false);
    list(["a@1"], [], "a@1");
    await followed.known;
    expect([followed.isListed, followed.isKnown]).toEqual([true, true]);
  });
});

describe("a target that Consul can't be asked about", () => {
  it("lets those go on who wait, and says that it is not known", async () => {
    const { followed } = follow();
    followed.giveUp();
    await followed.known;
    expect(followed.isKnown).toBe(false);
  });

  it("is waited for again when its name appears", async () => {
    const { followed, list } = follow([]);
    await followed.known;
    expect(followed.isKnown).toBe(true);
    followed.follow(["a"], true);
    let isKnown = false;
    const known = followed.known.then(() => {
      isKnown = true;
    });
    await Promise.resolve();
    expect(isKnown).toBe(false);
    list(["a@1"]);
    await known;
    expect(followed.instances).toHaveLength(1);
  });
});

describe("a snapshot's instances", () => {
  it("stand in until Consul has answered, and are then asked if they are not listed", async () => {
    const { followed, list, ids, isAsked } = follow();
    followed.standIn([instanceOf("a@1"), instanceOf("a@2")]);
    await followed.known;
    const [first] = followed.instances;
    expect([ids(), followed.isStoodIn]).toEqual([["a@1", "a@2"], true]);
    list(["a@1"]);
    expect([ids(), followed.isStoodIn, isAsked()]).toEqual([["a@1", "a@2"], false, ["a@2"]]);
    expect(followed.instances[0]).toBe(first);
  });

  it("are not used once Consul has answered", () => {
    const { followed, list, ids } = follow();
    list(["a@1"]);
    followed.standIn([instanceOf("a@9")]);
    expect(ids()).toEqual(["a@1"]);
  });

  it("make room for Consul's, name by name", () => {
    const { followed, list, ids } = follow(["a", "a@1", "a@2"]);
    followed.standIn([instanceOf("a@1"), instanceOf("a@2")]);
    list([]);
    list(["a@1"], [], "a@1");
    expect(ids().toSorted()).toEqual(["a@1", "a@2"]);
    expect(followed.isStoodIn).toBe(true);
    list(["a@2"], [], "a@2");
    expect([ids(), followed.isStoodIn]).toEqual([["a@1", "a@2"], false]);
  });
});
