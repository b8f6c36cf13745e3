import { describe, expect, it } from "vitest";
import { z } from "zod";
import { defineAction, defineContract, gather, gathered, implement, type ServiceOptions } from "../../src/index.js";
import type { Service } from "../support/framework.js";
import { consulAddress, startGateway, startService, uniqueName, until } from "../support/services.js";

const user = z.object({ id: z.string(), name: z.string() });

function libraryContract(target: string, version = "1.0.0") {
  const root = `/${target}`;
  return defineContract({
    target,
    version,
    actions: {
      findBook: defineAction({
        summary: "Finds one book",
        access: "public",
        rest: { method: "GET", path: `${root}/books/:id` },
        input: z.object({ id: z.int(), depth: z.int().max(9).default(1), tags: z.array(z.string()).optional() }),
        output: z.object({ id: z.number(), depth: z.number(), tags: z.array(z.string()) }),
      }),
      addBook: defineAction({
        access: "public",
        rest: { method: "POST", path: `${root}/books`, status: 201 },
        input: z.object({ title: z.string().min(1) }),
        output: z.object({ title: z.string() }),
      }),
      moveBook: defineAction({
        access: "public",
        rest: { method: "PUT", path: `${root}/books/:id` },
        input: z.object({ id: z.int() }),
        output: z.object({ ifMatch: z.string().optional() }),
      }),
      dropBook: defineAction({
        access: "public",
        rest: { method: "DELETE", path: `${root}/books/:id` },
        input: z.object({ id: z.int() }),
      }),
      audit: defineAction({
        access: { level: "public", roles: ["admin"] },
        rest: { method: "GET", path: `${root}/audit` },
        output: z.array(z.string()),
      }),
      borrow: defineAction({ input: z.object({ id: z.int() }), output: user }),
      count: defineAction({ access: "private", output: z.object({ count: z.number() }) }),
      loadShelf: defineAction({
        pattern: { shelf: "load" },
        access: "public",
        input: z.object({ name: z.string(), limit: z.int().default(3) }),
        output: z.object({ name: z.string(), limit: z.number() }),
      }),
    },
  });
}

function library(name: string, version = "1.0.0"): Partial<ServiceOptions> & { name: string } {
  const contract = libraryContract(name, version);
  const implementation = implement(contract, {
    findBook: ({ id, depth, tags = [] }) => ({ id, depth, tags }),
    addBook: ({ title }) => ({ title, http$: { headers: { location: "/somewhere" } } }),
    moveBook: (_input, { headers }) => ({ ifMatch: headers["if-match"], http$: { headers: { etag: '"2"' } } }),
    dropBook: () => {},
    audit: () => ["all of it"],
    borrow: async ({ id }, context) => {
      const { count } = await context.caller(contract).count();
      return { id: String(id), name: `reader ${count}` };
    },
    count: () => ({ count: 42 }),
    loadShelf: (input) => ({ ...input, http$: { headers: { etag: '"1"' } } }),
  });
  const routes = { prefix: `/${name}`, pin: "shelf:*", map: { load: { GET: true, suffix: "/:name" } } };
  return { name, version, contracts: [implementation], modules: [{ plugin: function shelves() {}, routes }] };
}

async function json(response: Promise<Response> | Response) {
  const answer = await response;
  return { status: answer.status, type: answer.headers.get("content-type"), body: await answer.json() };
}

describe.skipIf(!consulAddress)("a contract between processes", () => {
  it("is called by name, from whoever imports it", async () => {
    const name = uniqueName("library");
    await startService(library(name));
    const client = await startService({ name: uniqueName("client") });
    const books = client.caller(libraryContract(name));
    await until(() => books.borrow({ id: 7 }), "the library is found");

    expect(await books.borrow({ id: 7 })).toEqual({ id: "7", name: "reader 42" });
    await expect(books.borrow({ id: 7.5 })).rejects.toMatchObject({
      code: "invalid_argument",
      reason: "bad_input",
      details: { issues: [{ path: "id", message: expect.any(String) }] },
    });
    await expect(books.count()).rejects.toMatchObject({ reason: "peer_no_pattern" });
    await expect(books.borrow({ id: 7 }, { version: "2.x" })).rejects.toMatchObject({ reason: "no_version" });
  });

  it("asks for its own version or a newer compatible one", async () => {
    const name = uniqueName("library");
    await startService(library(name, "1.4.0"));
    const client = await startService({ name: uniqueName("client") });
    await until(() => client.caller(libraryContract(name, "1.1.0")).borrow({ id: 7 }), "the library is found");
    for (const version of ["1.5.0", "2.0.0"])
      await expect(client.caller(libraryContract(name, version)).borrow({ id: 7 })).rejects.toMatchObject({
        reason: "no_version",
      });
  });

  it("is called without leaving the process by the service that keeps it", async () => {
    const service = await startService(library(uniqueName("library")));
    const caller = service.caller(libraryContract(service.name));
    expect(await caller.borrow({ id: 7 })).toEqual({ id: "7", name: "reader 42" });
    expect(await caller.count()).toEqual({ count: 42 });
  });

  it("must be the service's own", async () => {
    const wrong = (options: Partial<ServiceOptions>) =>
      startService({ ...library("library"), ...options } as never).then(
        () => "started",
        (error: Error) => error.message,
      );
    expect(await wrong({ name: "another" })).toMatch(/contracts\[0\]\.target must be the service's name another/);
    expect(await wrong({ version: "2.0.0" })).toMatch(/contracts\[0\]\.version must be one that version 2\.0\.0/);
  });
});

describe.skipIf(!consulAddress)("REST by contract", () => {
  async function start(): Promise<{ name: string; service: Service; urls: readonly string[] }> {
    const name = uniqueName("library");
    const service = await startService(library(name));
    const gateway = await startGateway({ name: uniqueName("gateway") });
    const urls = [service, gateway].map(({ addresses }) => `${addresses.http}/${name}`);
    await until(async () => (await fetch(`${urls[1]}/books/1`)).ok, "the gateway serves the books");
    return { name, service, urls };
  }

  it("takes fields from path, query and body as the schema wants them, at the service and at the gateway", async () => {
    const { urls } = await start();
    for (const url of urls) {
      expect(await json(fetch(`${url}/books/7?depth=2&tags=new&id=8`))).toMatchObject({
        status: 200,
        body: { id: 7, depth: 2, tags: ["new"] },
      });
      const headers = { "content-type": "application/json" };
      const added = await fetch(`${url}/books?title=query`, { method: "POST", headers, body: '{"title":"body"}' });
      expect(added.headers.get("location")).toBe("/somewhere");
      expect(await json(added)).toMatchObject({ status: 201, body: { title: "body" } });
      const dropped = await fetch(`${url}/books/7`, { method: "DELETE" });
      expect([dropped.status, await dropped.text()]).toEqual([204, ""]);
    }
  });

  it("obeys conditions: If-Match reaches the action, and an answer whose tag the client has is not sent again", async () => {
    const { urls } = await start();
    for (const url of urls) {
      const moved = await fetch(`${url}/books/7`, { method: "PUT", headers: { "if-match": '"1"' } });
      expect(moved.headers.get("etag")).toBe('"2"');
      expect(await json(moved)).toMatchObject({ status: 200, body: { ifMatch: '"1"' } });
      expect((await fetch(`${url}/load/new`, { headers: { "if-none-match": '"1"' } })).status).toBe(304);
    }
  });

  it("answers what it refuses with problem details that name the fields", async () => {
    const { urls } = await start();
    for (const url of urls)
      expect(await json(fetch(`${url}/books/seven?depth=12`))).toMatchObject({
        status: 400,
        type: "application/problem+json",
        body: {
          code: "invalid_argument",
          reason: "bad_input",
          result: 2000,
          details: { issues: [{ path: "id" }, { path: "depth" }] },
        },
      });
  });

  it("is closed where it wants a role and nobody says who is there, and knows no way to internal actions", async () => {
    const { urls, service } = await start();
    for (const url of urls)
      expect(await json(fetch(`${url}/audit`))).toMatchObject({ status: 401, body: { reason: "not_logged_in" } });
    const { routes, actions } = (await service.act({ role: "vastify", cmd: "describe" })) as {
      routes: { action: string }[];
      actions: { name: string }[];
    };
    expect(routes.map(({ action }) => action).sort()).toEqual([
      "addBook",
      "audit",
      "dropBook",
      "findBook",
      "loadShelf",
      "moveBook",
    ]);
    expect(actions.map(({ name }) => name)).not.toContain("count");
  });

  it("stands beside Seneca web modules, whose routes may lead to a contract's actions", async () => {
    const { urls } = await start();
    for (const url of urls) {
      expect(await json(fetch(`${url}/load/new?limit=5`))).toMatchObject({ body: { name: "new", limit: 5 } });
      expect(await json(fetch(`${url}/load/new?limit=x`))).toMatchObject({
        status: 400,
        body: { reason: "bad_input" },
      });
    }
  });

  it("refuses a module's route to an action that is not public", async () => {
    const options = library(uniqueName("library"));
    const [module] = options.modules ?? [];
    const map = { borrow: { GET: true } };
    const routes = { prefix: "/b", pin: "action:*", map };
    await expect(startService({ ...options, modules: [{ plugin: module?.plugin as never, routes }] })).rejects.toThrow(
      /GET \/b\/borrow, of borrow with the access must be public, got "internal"/,
    );
  });
});

describe.skipIf(!consulAddress)("a contract that breaks callers of what is alive", () => {
  const text = z.object({ a: z.string() });
  const more = z.object({ a: z.string(), b: z.string() });

  function offering(
    name: string,
    version: string,
    output: typeof text | typeof more,
  ): Partial<ServiceOptions> & { name: string } {
    const find = defineAction({ output: output as typeof more });
    const contract = defineContract({ target: name, version, actions: { find } });
    return { name, version, contracts: [implement(contract, { find: () => ({ a: "a", b: "b" }) })] };
  }

  it("is not started under the same major version, unless it is forced", async () => {
    const name = uniqueName("breaking");
    await startService(offering(name, "1.0.0", more));
    await expect(startService(offering(name, "1.1.0", text))).rejects.toMatchObject({
      code: "failed_precondition",
      reason: "breaking_contract",
      details: { changes: ["find of 1.0.0: the output's b may be missing"] },
    });
    await startService({ ...offering(name, "1.1.0", text), forceContracts: true });
  });

  it("is started under another major version", async () => {
    const name = uniqueName("breaking");
    await startService(offering(name, "1.0.0", more));
    await startService(offering(name, "2.0.0", text));
  });

  it("is started when it adds something, and the older one is started beside it again", async () => {
    const name = uniqueName("breaking");
    await startService(offering(name, "1.1.0", more));
    await startService(offering(name, "1.0.0", text));
    await startService(offering(name, "1.1.0", more));
  });
});

describe.skipIf(!consulAddress)("a route that gathers what several services give", () => {
  it("answers with what there is while one of them is away, and says what is missing", async () => {
    const names = { page: uniqueName("page"), user: uniqueName("user"), order: uniqueName("order") };
    const find = (target: string) =>
      defineContract({
        target,
        version: "1.0.0",
        actions: { find: defineAction({ input: z.object({ id: z.string() }), output: user, idempotent: true }) },
      });
    const users = find(names.user);
    const orders = find(names.order);
    const page = defineContract({
      target: names.page,
      version: "1.0.0",
      actions: {
        show: defineAction({
          access: "public",
          rest: { method: "GET", path: `/${names.page}/:id` },
          input: z.object({ id: z.string() }),
          output: gathered({ user, order: user }, { required: ["user"] }),
        }),
      },
    });
    const give = ({ id }: { id: string }) => ({ id, name: "Ada" });
    await startService({ name: names.user, contracts: [implement(users, { find: give })] });
    const order = await startService({ name: names.order, contracts: [implement(orders, { find: give })] });
    await startService({
      name: names.page,
      contracts: [
        implement(page, {
          show: (input, context) =>
            gather(
              { user: context.caller(users).find(input), order: context.caller(orders).find(input) },
              { required: ["user"] },
            ),
        }),
      ],
    });
    const gateway = await startGateway({ name: uniqueName("gateway") });
    await until(() => gateway.routes.some(({ target }) => target === names.page), "the gateway serves the page");
    const ask = () => json(fetch(`${gateway.addresses.http}/${names.page}/7`));
    const ada = { id: "7", name: "Ada" };
    expect(await ask()).toMatchObject({ status: 200, body: { user: ada, order: ada, partial: false, failures: {} } });
    await order.stop();
    const without = { user: ada, order: null, partial: true, failures: { order: { code: "unavailable" } } };
    expect(await ask()).toMatchObject({ status: 200, body: without });
  });
});
