import { z } from "zod";
import { defineAction, defineContract, implement, VastifyError } from "../../src/index.js";
import type { Gateway, GatewayOptions, ServiceOptions } from "./framework.js";
import { startGateway, startService, uniqueName, until } from "./services.js";

/** An answer of GraphQL, or the problem details of a request that never got that far. */
export interface GraphqlAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly data?: Readonly<Record<string, unknown>> | null;
  readonly errors?: readonly {
    readonly message: string;
    readonly path?: readonly (string | number)[];
    readonly extensions: Readonly<Record<string, unknown>>;
  }[];
  readonly reason?: string;
}

export interface GraphqlRequest {
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly operationName?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** Sends an operation as clients do. */
export async function ask(
  gateway: Pick<Gateway, "addresses">,
  query: string,
  { headers, signal, ...more }: GraphqlRequest = {},
): Promise<GraphqlAnswer> {
  return answerOf(
    await fetch(`${gateway.addresses.http}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify({ query, ...more }),
      ...(signal && { signal }),
    }),
  );
}

export async function answerOf(response: Response): Promise<GraphqlAnswer> {
  const text = await response.text();
  return { status: response.status, headers: response.headers, ...(text === "" ? {} : JSON.parse(text)) };
}

const book = z.object({ id: z.string(), title: z.string(), lentTo: z.string().nullable() });

const shelf: z.ZodType<Shelf> = z
  .object({
    name: z.string(),
    get shelves() {
      return z.array(shelf);
    },
  })
  .meta({ id: "Shelf" });

interface Shelf {
  readonly name: string;
  readonly shelves: Shelf[];
}

/** A library whose calls are counted, by action and input. */
export async function startLibrary(options: Partial<ServiceOptions> = {}) {
  const target = uniqueName("library");
  const input = z.object({ id: z.string() });
  const contract = defineContract({
    target,
    version: options.version ?? "1.0.0",
    actions: {
      findBook: defineAction({
        access: "public",
        rest: { method: "GET", path: `/${target}/books/:id` },
        input,
        output: book,
      }),
      addBook: defineAction({ access: "public", input: z.object({ title: z.string().min(3) }), output: book }),
      dropBook: defineAction({
        access: { level: "public", roles: ["librarian"] },
        rest: { method: "DELETE", path: `/${target}/books/:id` },
        input,
      }),
      whoAmI: defineAction({
        access: { level: "public", scopes: ["read"] },
        idempotent: true,
        output: z.object({ subject: z.string().nullable() }),
      }),
      fail: defineAction({ access: "public", idempotent: true, output: book }),
      hang: defineAction({ access: "public", idempotent: true, output: book }),
      topShelf: defineAction({ access: "public", idempotent: true, output: shelf }),
      download: defineAction({ access: "public", idempotent: true, output: z.unknown() }),
    },
  });
  const seen: string[] = [];
  const count = (name: string, given: unknown) => void seen.push(`${name} ${JSON.stringify(given)}`);
  const titles = new Map([["1", "Emma"]]);
  let aborted = 0;
  const service = await startService({
    name: target,
    ...options,
    contracts: [
      implement(contract, {
        findBook({ id }) {
          count("findBook", { id });
          const title = titles.get(id);
          if (title === undefined) throw new VastifyError("not_found", `no book ${id}`, { reason: "no_book" });
          return { id, title, lentTo: null };
        },
        addBook({ title }) {
          const id = String(titles.size + 1);
          titles.set(id, title);
          return { id, title, lentTo: null, http$: { status: 201, headers: { "x-made": "1" } } };
        },
        dropBook({ id }) {
          titles.delete(id);
        },
        whoAmI: (_input, { identity }) => ({ subject: identity?.subject ?? null }),
        fail() {
          throw new Error("the password is swordfish");
        },
        hang: (_input, { signal }) =>
          new Promise((_resolve, reject) => {
            count("hang", {});
            signal.addEventListener("abort", () => {
              aborted += 1;
              reject(new Error("aborted"));
            });
          }),
        topShelf: () => ({ name: "top", shelves: [] }),
        download: () => Buffer.from("bytes"),
      }),
    ],
  });
  return {
    target,
    service,
    /** Each call: the action and its input. */
    seen,
    /** How many calls were given up. */
    aborted: () => aborted,
    /** An action's name in GraphQL. */
    field: (action: string) => `${target.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase())}_${action}`,
  };
}

export async function gatewayOf(options: Partial<GatewayOptions> = {}): Promise<Gateway> {
  return startGateway({ name: uniqueName("gateway"), graphql: true, ...options });
}

/** A library and a gateway that knows it. */
export async function startGraphql(options: Partial<GatewayOptions> = {}) {
  const library = await startLibrary(options.peers ? { peers: options.peers } : {});
  const gateway = await gatewayOf(options);
  await until(() => gateway.routes.some(({ target }) => target === library.target), "the gateway knows the library");
  const askFor = (query: string, more?: GraphqlRequest) => ask(gateway, query, more);
  return { ...library, gateway, askFor };
}
