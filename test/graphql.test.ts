import { type RunningConsul, startConsul } from "@vastify/backends";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { send } from "./support/http-client.js";
import { type ServiceProcess, useServices } from "./support/service-process.js";
import { hasMongo, newDatabaseUri } from "./support/test-database.js";

interface Failure {
  readonly extensions: { readonly reason: string };
}

describe.skipIf(!hasMongo)("the gateway's GraphQL", () => {
  let consul: RunningConsul;
  const database = hasMongo ? newDatabaseUri() : "";
  const services = useServices(afterAll, () => ({ CONSUL_HTTP_ADDR: consul.httpAddr, MONGODB_URI: database }));
  let gateway: ServiceProcess;

  const ask = (query: string, variables: object = {}, headers: Readonly<Record<string, string>> = {}) =>
    send(`${gateway.url}/graphql`, "POST", { body: { query, variables }, headers });
  const hasUsers = async () => (await ask("{ accountServer_listUsers { id } }")).body.data?.accountServer_listUsers;

  beforeAll(async () => {
    consul = await startConsul();
    const session = {
      SESSION_SECRET: "what account-server signs sessions with",
      IDENTITY_KEYS: "what the gateway signs identities with",
    };
    [gateway] = await Promise.all([
      services.start("gateway", { GRAPHQL: "true", OPEN_ROUTES: "GET /config", ...session }),
      services.start("account-server", session),
      services.start("config-server"),
    ]);
    await vi.waitFor(
      async () => {
        expect(await hasUsers()).toBeTruthy();
        // A login takes its result codes from there.
        expect((await send(`${gateway.url}/config`)).status).toBe(200);
      },
      { timeout: 20_000, interval: 100 },
    );
  });
  afterAll(() => consul?.stop());

  it("reads and changes the users of account-server", async () => {
    const { body: added } = await ask(
      'mutation ($name: String!) { accountServer_createUser(name: $name, password: "a password") { id name createdAt __typename } }',
      { name: "dora" },
    );
    const user = added.data.accountServer_createUser;
    expect(user).toMatchObject({
      name: "dora",
      __typename: "AccountServer_User",
      createdAt: expect.stringMatching(/Z$/),
    });
    const { body } = await ask(
      `query ($id: String!) {
        one: accountServer_findUser(id: $id) { name }
        gone: accountServer_findUser(id: "000000000000000000000000") { name }
        some: accountServer_listUsers(prefix: "do", limit: 5) { name }
      }`,
      { id: user.id },
    );
    expect(body.data).toEqual({ one: { name: "dora" }, gone: null, some: [{ name: "dora" }] });
    expect(body.errors).toMatchObject([{ path: ["gone"], extensions: { code: "not_found", http: { status: 404 } } }]);
    const drop = `mutation { accountServer_deleteUser(id: "${user.id}") }`;
    const { body: refused } = await ask(drop);
    expect(refused.errors).toMatchObject([{ extensions: { reason: "not_logged_in" } }]);
    const login = await send(`${gateway.url}/user/login`, "POST", { body: { name: "dora", password: "a password" } });
    const { body: dropped } = await ask(drop, {}, { cookie: login.headers.getSetCookie()[0]?.split(";")[0] ?? "" });
    expect(dropped).toEqual({ data: { accountServer_deleteUser: true } });
  });

  it("lets passwords be tried no more often than the route does", async () => {
    const guess = 'accountServer_login(name: "alice", password: "a guess") { code }';
    const tries = await Promise.all(Array.from({ length: 10 }, () => ask(`mutation { a: ${guess} b: ${guess} }`)));
    const reasons = tries.flatMap(({ body }) => body.errors.map(({ extensions }: Failure) => extensions.reason));
    expect(reasons).toContain("rate_exceeded");
  });

  it("keeps its schema to itself unless it is told otherwise", async () => {
    const { body } = await ask("{ __schema { types { name } } }");
    expect(body.errors[0].extensions.reason).toBe("bad_query");
    expect(body).not.toHaveProperty("data");
  });
});
