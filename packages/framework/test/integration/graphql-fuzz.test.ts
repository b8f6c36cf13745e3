import { describe, expect, it } from "vitest";
import { answerOf, startGraphql } from "../support/graphql.js";
import { seededRandom } from "../support/seeded.js";
import { consulAddress } from "../support/services.js";

const seed = 20;
const requests = 600;
const oddTexts = ["", "\u0000", "\ud800", "__proto__", "constructor", "toString", "$$target", "fatal$", "甲", '"', "{"];
const oddTokens = [
  ..."{}()[]:!@$=|&".split(""),
  "...",
  "on",
  "null",
  "1e999",
  "-0",
  '"""',
  "#",
  "9".repeat(40),
  "\ufeff",
];

describe.skipIf(!consulAddress)("GraphQL at the gateway", () => {
  it("answers whatever is sent without a fault, and tells nothing of itself", async () => {
    const { gateway, field, askFor } = await startGraphql({ graphql: { introspection: true } });
    const random = seededRandom(seed);
    const below = (most: number) => Math.floor(random() * most);
    const pick = <T>(from: readonly T[]): T => from[below(from.length)] as T;
    const documents = [
      `query A($id: String!) { ${field("findBook")}(id: $id) { ...F title } } fragment F on ${field("findBook")} { id }`,
      `mutation B($title: String!) { a: ${field("addBook")}(title: $title) @include(if: true) { id title lentTo } }`,
      `{ ${field("topShelf")} { name shelves { name } } __schema { types { name fields { name type { name } } } } }`,
      `mutation { ${field("dropBook")}(id: "1") ${field("addBook")}(title: "Emma") { __typename } }`,
    ];

    const outcomes = { answered: 0, refused: 0 };

    /** A document with a few tokens lost, doubled, swapped or replaced. */
    function mutated(document: string): string {
      const tokens = document.split(/\b/);
      for (let n = below(4); n > 0; n--) {
        const at = below(tokens.length);
        const change = below(4);
        if (change === 0) tokens.splice(at, 1);
        else if (change === 1) tokens.splice(at, 0, pick(tokens));
        else if (change === 2) tokens[at] = pick([...oddTokens, ...oddTexts]);
        else tokens.push(...tokens.slice(at, at + 5));
      }
      return tokens.join("");
    }

    function oddValue(depth = 0): unknown {
      const kind = below(depth > 3 ? 4 : 6);
      if (kind === 0) return pick([null, true, 0, -1, 1.5, 2 ** 53]);
      if (kind < 4) return pick(["1", "Emma", ...oddTexts]);
      const members = Array.from({ length: below(4) }, () => [pick(["id", "title", ...oddTexts]), oddValue(depth + 1)]);
      return kind === 4 ? members.map(([, value]) => value) : Object.fromEntries(members);
    }

    async function attack(): Promise<void> {
      const query = mutated(pick(documents));
      const right = { id: "1", title: "Emma" };
      const variables = pick<unknown>([right, right, { id: oddValue(), title: oddValue() }, oddValue()]);
      const operationName = random() < 0.2 ? oddValue() : undefined;
      const text = JSON.stringify({ query, variables, operationName });
      const body = random() < 0.1 ? text.slice(0, below(text.length)) : text;
      const sent = await fetch(`${gateway.addresses.http}/graphql`, {
        method: "POST",
        headers: { "content-type": "application/json", accept: pick(["*/*", "application/graphql-response+json"]) },
        body,
      });
      const answer = await answerOf(sent);
      expect([body, answer.status]).toEqual([body, expect.toSatisfy((status: number) => [200, 400].includes(status))]);
      outcomes[answer.data ? "answered" : "refused"] += 1;
      const statuses = answer.errors?.map(({ extensions }) => (extensions.http as { status: number }).status) ?? [];
      expect([body, statuses.filter((status) => status >= 500)]).toEqual([body, []]);
      expect(JSON.stringify(answer)).not.toMatch(/node_modules|\.ts:|\.js:|\n\s+at /);
    }

    for (let sent = 0; sent < requests; sent += 20) await Promise.all(Array.from({ length: 20 }, attack));
    // Neither did the gateway refuse everything, nor was everything right.
    expect(Math.min(outcomes.answered, outcomes.refused)).toBeGreaterThan(requests / 10);
    expect((await askFor(`mutation { ${field("addBook")}(title: "Persuasion") { title } }`)).data).toEqual({
      [field("addBook")]: { title: "Persuasion" },
    });
  });
});
