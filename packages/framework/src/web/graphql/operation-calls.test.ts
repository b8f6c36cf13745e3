import { describe, expect, it } from "vitest";
import { VastifyError } from "../../core/index.js";
import type { ServedAction } from "./action-table.js";
import { type Input, OperationCalls } from "./operation-calls.js";

const access = { level: "public", roles: [], scopes: [] } as const;

function actionOf(name: string, isQuery = true, batch?: ServedAction["batch"]): ServedAction {
  const described = { name, pattern: { action: name }, access, idempotent: isQuery };
  const route = {
    method: "POST",
    path: "/graphql",
    message: {},
    target: "shop",
    version: "1.0.0",
    described,
    isQuery,
    description: {},
  };
  return { target: "shop", name, isSure: true, route, version: undefined, batch };
}

const findAll = actionOf("findAll");
const find = actionOf("find", true, { action: findAll, by: "id", keys: "ids", mostKeys: 3 });
const change = actionOf("change", false);

/** The calls of one operation, noted as they are made. */
function operation(
  answer: (input: Input) => unknown = ({ ids, id }) => (Array.isArray(ids) ? ids.map(itemOf) : itemOf(id)),
) {
  const made: [string, Input][] = [];
  const call = async ({ name }: ServedAction, input: Input) => {
    made.push([name, input]);
    return answer(input);
  };
  return { calls: new OperationCalls({ call, maxCalls: 4 }), made };
}

const itemOf = (id: unknown) => ({ id, name: `item ${id}` });
const reasonOf = (loading: Promise<unknown>) => loading.catch((error) => VastifyError.from(error).reason);

describe("the calls of one operation", () => {
  it("are made once for equal inputs of what only reads, whatever the order of their fields", async () => {
    const { calls, made } = operation();
    const both = await Promise.all([
      calls.load(findAll, { a: 1, b: { c: 2, d: 3 } }),
      calls.load(findAll, { b: { d: 3, c: 2 }, a: 1 }),
    ]);
    expect(both[0]).toBe(both[1]);
    expect(made).toHaveLength(1);
  });

  it("are made anew for what changes something, and for what is read after it", async () => {
    const { calls, made } = operation();
    await calls.load(findAll, {});
    await calls.load(change, {});
    await calls.load(change, {});
    await calls.load(findAll, {});
    expect(made.map(([name]) => name)).toEqual(["findAll", "change", "change", "findAll"]);
  });

  it("go together when an action takes them, as many as it takes, and each gets its own", async () => {
    const { calls, made } = operation();
    const found = await Promise.all(["1", "2", "1", "3", "4"].map((id) => calls.load(find, { id })));
    expect(found).toEqual(["1", "2", "1", "3", "4"].map(itemOf));
    expect(made).toEqual([
      ["findAll", { ids: ["1", "2", "3"] }],
      ["findAll", { ids: ["4"] }],
    ]);
  });

  it("go alone when there is only one, or it asks for more than what tells them apart", async () => {
    const { calls, made } = operation();
    await Promise.all([calls.load(find, { id: "1" }), calls.load(find, { id: "2", depth: 3 })]);
    expect(made).toEqual(
      expect.arrayContaining([
        ["find", { id: "1" }],
        ["find", { id: "2", depth: 3 }],
      ]),
    );
  });

  it("that go together fail each for itself, or all with the call", async () => {
    const { calls } = operation(({ ids }) => [itemOf((ids as unknown[])[0]), null, "nonsense"]);
    const [one, other] = [calls.load(find, { id: "1" }), calls.load(find, { id: "2" })];
    expect(await one).toEqual(itemOf("1"));
    expect(await reasonOf(other)).toBe("not_in_batch");
    const broken = operation(() => ({ not: "a list" }));
    const both = ["1", "2"].map((id) => reasonOf(broken.calls.load(find, { id })));
    expect(await Promise.all(both)).toEqual(["bad_output", "bad_output"]);
  });

  it("are no more than the options allow", async () => {
    const { calls, made } = operation();
    const reasons = await Promise.all([1, 2, 3, 4, 5].map((n) => reasonOf(calls.load(findAll, { n }))));
    expect(reasons.at(-1)).toBe("too_many_calls");
    expect(made).toHaveLength(4);
  });
});
