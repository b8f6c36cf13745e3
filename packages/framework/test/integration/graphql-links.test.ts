import { describe, expect, it } from "vitest";
import { z } from "zod";
import { createApiKey, defineAction, defineContract, implement } from "../../src/index.js";
import type { GatewayOptions } from "../support/framework.js";
import { ask, gatewayOf } from "../support/graphql.js";
import { consulAddress, startService, uniqueName, until } from "../support/services.js";

interface Loan {
  readonly book: string;
  readonly member: { readonly name: string } | null;
}

/** Loans that lead to members of another service, whose calls are noted. */
async function startLoans(options: Partial<GatewayOptions> = {}) {
  // Names that are the same in GraphQL.
  const [loans, members] = ["loans", "members"].map((kind) => uniqueName(kind).replace("-", "")) as [string, string];
  const member = z.object({ id: z.string(), name: z.string() });
  const access = { level: "public", ...(options.auth && { roles: ["librarian"] }) } as const;
  const memberContract = defineContract({
    target: members,
    version: "1.0.0",
    actions: {
      findMember: defineAction({ access, idempotent: true, input: z.object({ id: z.string() }), output: member }),
      findMembers: defineAction({
        access,
        idempotent: true,
        input: z.object({ ids: z.array(z.string()).max(50) }),
        output: z.array(member),
        batches: { action: "findMember", by: "id", keys: "ids" },
      }),
    },
  });
  const loanContract = defineContract({
    target: loans,
    version: "1.0.0",
    actions: {
      listLoans: defineAction({
        access: "public",
        idempotent: true,
        output: z.array(z.object({ book: z.string(), memberId: z.string().nullable() })),
        links: { member: { target: members, action: "findMember", input: { id: "memberId" } } },
      }),
    },
  });
  const seen: string[] = [];
  const names = new Map(["1", "2", "3"].map((id) => [id, { id, name: `member ${id}` }]));
  const memberService = await startService({
    name: members,
    contracts: [
      implement(memberContract, {
        findMember({ id }) {
          seen.push(`one ${id}`);
          return names.get(id) ?? { id, name: "?" };
        },
        findMembers({ ids }) {
          seen.push(`several ${[...ids].sort()}`);
          return ids.flatMap((id) => names.get(id) ?? []);
        },
      }),
    ],
  });
  const lent = ["1", "2", "1", "9", null, "3"].map((memberId, n) => ({ book: `b${n}`, memberId }));
  await startService({ name: loans, contracts: [implement(loanContract, { listLoans: () => lent })] });
  const gateway = await gatewayOf(options);
  const query = `{ ${loans}_listLoans { book member { name } } }`;
  const answer = async (headers: Record<string, string> = {}) => {
    const { data, errors = [] } = await ask(gateway, query, { headers });
    return { listed: data?.[`${loans}_listLoans`] as Loan[] | undefined, errors };
  };
  await until(async () => (await answer()).listed, "loans lead to members");
  seen.length = 0;
  return { loans, members, memberService, seen, answer, gateway };
}

describe.skipIf(!consulAddress)("links between contracts in GraphQL", () => {
  it("make one call of as many as go together, however many objects lead there", async () => {
    const { loans, seen, answer } = await startLoans();
    const { listed, errors } = await answer();
    const names = listed?.map(({ member }) => member?.name);
    expect(names).toEqual(["member 1", "member 2", "member 1", undefined, undefined, "member 3"]);
    expect(seen).toEqual(["several 1,2,3,9"]);
    expect(errors).toMatchObject([
      { path: [`${loans}_listLoans`, 3, "member"], extensions: { reason: "not_in_batch" } },
    ]);
  });

  it("take several loads of one operation together, too", async () => {
    const { members, seen, gateway } = await startLoans();
    const loads = ["1", "2", "3"].map((id) => `m${id}: ${members}_findMember(id: "${id}") { name }`);
    const { data } = await ask(gateway, `{ ${loads.join(" ")} }`);
    expect(data).toMatchObject({ m1: { name: "member 1" }, m3: { name: "member 3" } });
    expect(seen).toEqual(["several 1,2,3"]);
  });

  it("let nobody in where the action would not", async () => {
    const librarian = createApiKey({ consumer: "librarian" });
    const { seen, answer } = await startLoans({
      auth: {
        keys: {
          consumers: { librarian: { keys: [{ id: librarian.id, hash: librarian.hash }], roles: ["librarian"] } },
        },
      },
    });
    const { listed, errors } = await answer();
    expect(listed?.map(({ member }) => member)).toEqual(Array(6).fill(null));
    expect(new Set(errors.map(({ extensions }) => extensions.reason))).toEqual(new Set(["not_logged_in"]));
    expect(seen).toEqual([]);
    const shown = await answer({ "x-api-key": librarian.text });
    expect(shown.listed?.[0]).toEqual({ book: "b0", member: { name: "member 1" } });
  });

  it("fail alone while the other service is away, and leave the rest of the answer", async () => {
    const { memberService, answer } = await startLoans();
    await memberService.stop();
    const { listed } = await until(async () => {
      const got = await answer();
      return got.errors[0]?.extensions.code === "unavailable" ? got : undefined;
    }, "the members are away");
    expect(listed?.map(({ book }) => book)).toEqual(["b0", "b1", "b2", "b3", "b4", "b5"]);
  });
});
