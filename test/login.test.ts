import { type RunningConsul, startConsul } from "@vastify/backends";
import { createService, type Seneca } from "vastify";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type RequestOptions, send } from "./support/http-client.js";
import { type ServiceProcess, useServices } from "./support/service-process.js";
import { hasMongo, newDatabaseUri } from "./support/test-database.js";

const secrets = {
  SESSION_SECRET: "what account-server signs sessions with",
  IDENTITY_KEYS: "what the gateway signs identities with",
};
const alice = { name: "alice", password: "alice-demo-password" };

describe.skipIf(!hasMongo)("a session", () => {
  let consul: RunningConsul;
  const database = hasMongo ? newDatabaseUri() : "";
  const services = useServices(afterAll, () => ({
    ...{ CONSUL_HTTP_ADDR: consul.httpAddr, MONGODB_URI: database, ...secrets },
  }));
  let gateway: ServiceProcess;
  let account: ServiceProcess;

  const request = (method: string, path: string, options?: RequestOptions) =>
    send(`${gateway.url}${path}`, method, options);
  const logIn = (headers: Readonly<Record<string, string>> = {}) =>
    request("POST", "/user/login", { body: alice, headers });
  const whoAmI = (cookie: string) => request("GET", "/desk/whoami", { headers: { cookie } });

  beforeAll(async () => {
    consul = await startConsul();
    const desk = createService({
      name: "desk",
      version: "1.0.0",
      consul: { address: consul.httpAddr },
      peers: { identityKeys: [secrets.IDENTITY_KEYS] },
      log: { level: "error" },
      drain: { noticeMs: 0 },
      modules: [
        {
          plugin: function desk(this: Seneca) {
            this.add("desk:whoami", async function (this: Seneca) {
              return { subject: this.identity?.subject };
            });
          },
          routes: { prefix: "/desk", pin: "desk:*", map: { whoami: { GET: true } } },
        },
      ],
    });
    afterAll(() => desk.stop());
    [gateway, account] = await Promise.all([
      services.start("gateway"),
      services.start("account-server"),
      services.start("config-server"),
      desk.start(),
    ]);
    await vi.waitFor(
      async () => {
        expect((await request("GET", "/user")).status).toBe(200);
        expect((await request("GET", "/config")).status).toBe(200);
        expect((await request("GET", "/desk/whoami")).status).toBe(401);
      },
      { timeout: 20_000, interval: 100 },
    );
  });
  afterAll(() => consul?.stop());

  it("begins with a login, opens what is closed, and tells services whose it is", async () => {
    const login = await logIn({ "sec-fetch-site": "same-origin" });
    expect([login.status, login.headers.get("cache-control")]).toEqual([200, "no-store"]);
    const [set = ""] = login.headers.getSetCookie();
    expect(set).toMatch(/^session=[\w-]+\.[\w-]+\.[\w-]+; Path=\/; Max-Age=43200; HttpOnly; SameSite=Lax; Secure$/);
    const [cookie = ""] = set.split(";");
    expect(await whoAmI(cookie)).toMatchObject({ status: 200, body: { subject: login.body.user.id } });
    const changed = `${cookie.slice(0, -4)}${cookie.endsWith("AAAA") ? "BBBB" : "AAAA"}`;
    for (const other of [changed, "session=", "session=alice"]) expect((await whoAmI(other)).status).toBe(401);
  });

  it("begins with no wrong password", async () => {
    const refused = await request("POST", "/user/login", { body: { ...alice, password: "a guess" } });
    expect([refused.status, refused.headers.getSetCookie()]).toEqual([401, []]);
  });

  it("is neither begun nor ended by the page of another site", async () => {
    const elsewhere = { "sec-fetch-site": "cross-site", origin: "https://elsewhere.example" };
    expect((await logIn(elsewhere)).headers.getSetCookie()).toEqual([]);
    const logout = await request("POST", "/user/logout", { headers: elsewhere });
    expect(logout.headers.getSetCookie()).toEqual([]);
  });

  it("lets users change and delete themselves, and nobody else", async () => {
    const registered = async (name: string) => {
      const made = await request("POST", "/user", { body: { name, password: "a password" } });
      const login = await request("POST", "/user/login", { body: { name, password: "a password" } });
      return {
        path: `/user/${made.body.id}`,
        headers: { cookie: login.headers.getSetCookie()[0]?.split(";")[0] ?? "" },
      };
    };
    const [erin, frank] = [await registered("erin"), await registered("frank")];
    const change = { body: { name: "erina" } };
    const strangers: [Record<string, string>, number, string][] = [
      [{}, 401, "not_logged_in"],
      [frank.headers, 403, "missing_access"],
    ];
    for (const [headers, status, reason] of strangers)
      for (const method of ["PUT", "DELETE"])
        expect(await request(method, erin.path, { ...change, headers })).toMatchObject({ status, body: { reason } });
    // Past the gateway nobody is known.
    expect((await send(`${account.url}${erin.path}`, "PUT", { ...change, headers: erin.headers })).status).toBe(401);
    expect(await request("PUT", erin.path, { ...change, headers: erin.headers })).toMatchObject({
      ...{ status: 200, body: { name: "erina" } },
    });
    expect((await request("DELETE", erin.path, { headers: erin.headers })).status).toBe(204);
  });

  it("ends with a logout, which takes the cookie back", async () => {
    const logout = await request("POST", "/user/logout");
    expect(logout.status).toBe(204);
    expect(logout.headers.getSetCookie()).toEqual(["session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure"]);
  });

  it("is not found by trying: too many logins from one address are refused for a while", async () => {
    const tries = await Promise.all(Array.from({ length: 20 }, () => logIn()));
    const refused = tries.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThan(0);
    expect(refused[0]?.body.reason).toBe("rate_exceeded");
    expect(Number(refused[0]?.headers.get("retry-after"))).toBeGreaterThan(0);
  });
});
