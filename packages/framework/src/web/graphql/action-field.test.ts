import { graphql } from "graphql";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { servedActions } from "../../../test/support/served-actions.js";
import { type Contract, defineAction, defineContract } from "../../contracts/index.js";
import { buildSchema } from "./build-schema.js";
import { type Input, OperationCalls } from "./operation-calls.js";

const medium = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("audio"), seconds: z.number() }),
  z.object({ kind: z.literal("e-book"), bytes: z.int() }),
]);
const format = z.enum(["hard-cover", "paper"]);

const shop = defineContract({
  target: "shop",
  version: "1.0.0",
  actions: {
    show: defineAction({
      access: "public",
      idempotent: true,
      input: z.object({
        "book-id": z.string(),
        note: z.string().optional(),
        shelf: z.string().nullable().optional(),
        filters: z.array(z.object({ "made-as": format, from: z.int() })).optional(),
      }),
      output: z.object({
        "book-id": z.string(),
        format: format.optional(),
        media: z.array(medium),
        copies: z.int(),
        prices: z.record(z.string(), z.number()),
        constructor: z.string().optional(),
      }),
    }),
    keep: defineAction({
      access: "public",
      input: z.union([z.object({ a: z.string() }), z.object({ b: z.string() })]),
    }),
  },
}) as Contract;

/** Runs an operation on a service that gives `output`, and notes the inputs that it gets. */
async function run(source: string, output: unknown, variableValues: Readonly<Record<string, unknown>> = {}) {
  const { schema } = buildSchema(servedActions([shop]));
  const inputs: Input[] = [];
  const call = async (_action: unknown, input: Input) => {
    inputs.push(input);
    return output;
  };
  const contextValue = new OperationCalls({ call, maxCalls: 10 });
  const { data, errors = [] } = await graphql({ schema, source, contextValue, variableValues });
  return { data: JSON.parse(JSON.stringify(data ?? null)), problems: errors.map(({ message }) => message), inputs };
}

const book = { "book-id": "7", media: [], copies: 1, prices: {} };

describe("a field that is answered by an action", () => {
  it("gives the action what its contract calls things, whatever GraphQL calls them", async () => {
    const { inputs, problems } = await run(
      `{ shop_show(book_id: "7", filters: [{ made_as: hard_cover, from: 9007199254740991 }]) { copies } }`,
      book,
    );
    expect(problems).toEqual([]);
    expect(inputs).toEqual([{ "book-id": "7", filters: [{ "made-as": "hard-cover", from: Number.MAX_SAFE_INTEGER }] }]);
  });

  it("takes null for left out, but where the contract has a meaning for it", async () => {
    const { inputs } = await run(
      'query ($note: String, $shelf: String) { shop_show(book_id: "7", note: $note, shelf: $shelf) { copies } }',
      book,
      { note: null, shelf: null },
    );
    expect(inputs).toEqual([{ "book-id": "7", shelf: null }]);
  });

  it("gives what the action gave, by the names of GraphQL, and tells the members of a union apart", async () => {
    const output = {
      ...book,
      format: "hard-cover",
      media: [
        { kind: "audio", seconds: 1.5 },
        { kind: "e-book", bytes: 2 ** 40 },
      ],
      prices: { EUR: 9.5 },
    };
    const { data, problems } = await run(
      `{ shop_show(book_id: "7") { book_id format copies prices
           media { kind: __typename ... on Shop_ShowMediaAudio { seconds } ... on Shop_ShowMediaEBook { bytes } } } }`,
      output,
    );
    expect(problems).toEqual([]);
    expect(data.shop_show).toEqual({
      ...{ book_id: "7", format: "hard_cover", copies: 1, prices: { EUR: 9.5 } },
      media: [
        { kind: "Shop_ShowMediaAudio", seconds: 1.5 },
        { kind: "Shop_ShowMediaEBook", bytes: 2 ** 40 },
      ],
    });
  });

  it("reads nothing that an object does not have of its own", async () => {
    const { data } = await run(`{ shop_show(book_id: "7") { constructor } }`, book);
    expect(data.shop_show).toEqual({ constructor: null });
  });

  it("is null when the output breaks the contract, and says where", async () => {
    const { data, problems } = await run(`{ a: shop_show(book_id: "7") { copies } __typename }`, {
      ...book,
      copies: 1.5,
    });
    expect(data).toEqual({ a: null, __typename: "Query" });
    expect(problems).toHaveLength(1);
  });

  it("lets no input choose another service or steer the call", async () => {
    const { inputs, data } = await run("mutation ($input: JSON!) { shop_keep(input: $input) }", undefined, {
      input: { a: "1", $$target: "elsewhere", $$version: "9", fatal$: true },
    });
    expect(inputs).toEqual([{ a: "1" }]);
    expect(data).toEqual({ shop_keep: true });
  });
});
