import { type RunningConsul, startConsul } from "@vastify/backends";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type Reply, type RequestOptions, send } from "./support/http-client.js";
import { type ServiceProcess, useServices } from "./support/service-process.js";
import { hasMongo, newDatabaseUri } from "./support/test-database.js";

const nobody = "65f0c0c0c0c0c0c0c0c0c0c0";

describe.skipIf(!hasMongo)("REST through the gateway", () => {
  let consul: RunningConsul;
  const database = hasMongo ? newDatabaseUri() : "";
  const services = useServices(afterAll, () => ({ CONSUL_HTTP_ADDR: consul.httpAddr, MONGODB_URI: database }));
  let gateway: ServiceProcess;
  let config: ServiceProcess;
  let alice: { id: string };

  const request = (method: string, path: string, options?: RequestOptions) =>
    send(`${gateway.url}${path}`, method, options);
  const newUser = async (name: string) =>
    (await request("POST", "/user", { body: { name, password: "a password" } })).body as { id: string; name: string };

  beforeAll(async () => {
    consul = await startConsul();
    [config, gateway] = await Promise.all([
      services.start("config-server"),
      services.start("gateway"),
      services.start("account-server"),
    ]);
    await vi.waitFor(
      async () => {
        expect((await request("GET", "/config")).status).toBe(200);
        expect((await request("GET", "/user")).status).toBe(200);
      },
      { timeout: 20_000, interval: 100 },
    );
    alice = (await request("GET", "/user")).body.find((user: { name: string }) => user.name === "alice");
  });
  afterAll(() => consul?.stop());

  function expectProblem(reply: Reply, status: number, members: Record<string, unknown>): void {
    expect(reply.status).toBe(status);
    expect(reply.headers.get("content-type")).toBe("application/problem+json");
    expect(reply.body).toMatchObject({ status, tx: reply.headers.get("x-request-id"), ...members });
  }

  it("lists users with 200, sorted by name, and shows of each what is public", async () => {
    const { status, body } = await request("GET", "/user");
    expect(status).toBe(200);
    expect(body.map((user: { name: string }) => user.name)).toEqual(["alice", "bob", "carol"]);
    expect(Object.keys(body[0]).sort()).toEqual(["createdAt", "id", "name", "updatedAt"]);
  });

  it("lists as many as asked for", async () => {
    const { body } = await request("GET", "/user?limit=1&skip=1");
    expect(body.map((user: { name: string }) => user.name)).toEqual(["bob"]);
  });

  it("loads a user with 200", async () => {
    const reply = await request("GET", `/user/${alice.id}`);
    expect(reply.status).toBe(200);
    expect(reply.body).toEqual(alice);
  });

  it("creates a user with 201 and says where it is", async () => {
    const reply = await request("POST", "/user", { body: { name: " dave ", password: "a password" } });
    expect(reply.status).toBe(201);
    expect(reply.body.name).toBe("dave");
    expect(reply.headers.get("location")).toBe(`/user/${reply.body.id}`);
    expect((await request("GET", reply.headers.get("location") as string)).body).toEqual(reply.body);
  });

  it("takes a form too", async () => {
    const body = "name=frida&password=a+password";
    const reply = await request("POST", "/user", { body, type: "application/x-www-form-urlencoded" });
    expect(reply.status).toBe(201);
    expect(reply.body.name).toBe("frida");
  });

  it("edits a user with 200", async () => {
    const { id } = await newUser("erin");
    const reply = await request("PUT", `/user/${id}`, { body: { name: "erina" } });
    expect(reply.status).toBe(200);
    expect(reply.body).toMatchObject({ id, name: "erina" });
  });

  it("lets a user whose password was edited log in by the new one only", async () => {
    const { id, name } = await newUser("grace");
    await request("PUT", `/user/${id}`, { body: { password: "another password" } });
    const login = (password: string) => request("POST", "/user/login", { body: { name, password } });
    expect((await login("another password")).status).toBe(200);
    expect((await login("a password")).status).toBe(401);
  });

  it("deletes a user with 204 and an empty body", async () => {
    const { id } = await newUser("heidi");
    const reply = await request("DELETE", `/user/${id}`);
    expect(reply.status).toBe(204);
    expect(reply.text).toBe("");
    expect((await request("GET", `/user/${id}`)).status).toBe(404);
  });

  it("logs in with 200 and the code that config-server gives", async () => {
    const body = { name: "alice", password: "alice-demo-password" };
    const reply = await request("POST", "/user/login", { body });
    expect(reply.status).toBe(200);
    expect(reply.body).toEqual({ code: 1000, desc: "success", user: alice });
  });

  interface Refusal {
    title: string;
    method: string;
    path: string;
    options?: RequestOptions;
    status: number;
    members: Record<string, unknown>;
  }
  const password = "a password";
  const refusals: Refusal[] = [
    {
      title: "a wrong password: 401, result 2100",
      method: "POST",
      path: "/user/login",
      options: { body: { name: "alice", password: "wrong" } },
      status: 401,
      members: { code: "unauthenticated", reason: "wrong_credentials", result: 2100 },
    },
    {
      title: "an unknown user: 401, told as a wrong password is",
      method: "POST",
      path: "/user/login",
      options: { body: { name: "nobody", password: "wrong" } },
      status: 401,
      members: { detail: "wrong user name or password", reason: "wrong_credentials", result: 2100 },
    },
    {
      title: "a login without a password: 400",
      method: "POST",
      path: "/user/login",
      options: { body: { name: "alice" } },
      status: 400,
      members: {
        code: "invalid_argument",
        result: 2000,
        details: { issues: [expect.objectContaining({ path: "password" })] },
      },
    },
    {
      title: "a login whose password is an operator of the database: 400",
      method: "POST",
      path: "/user/login",
      options: { body: { name: { $ne: "" }, password: { $ne: "" } } },
      status: 400,
      members: { code: "invalid_argument", result: 2000 },
    },
    {
      title: "a name that is taken: 409",
      method: "POST",
      path: "/user",
      options: { body: { name: "alice", password } },
      status: 409,
      members: { code: "already_exists", reason: "name_taken" },
    },
    {
      title: "a name of blanks: 400, naming the member",
      method: "POST",
      path: "/user",
      options: { body: { name: "   ", password } },
      status: 400,
      members: { result: 2000, details: { issues: [expect.objectContaining({ path: "name" })] } },
    },
    {
      title: "a short password: 400, naming the member",
      method: "POST",
      path: "/user",
      options: { body: { name: "ivan", password: "short" } },
      status: 400,
      members: { result: 2000, details: { issues: [expect.objectContaining({ path: "password" })] } },
    },
    {
      title: "an edit that changes nothing: 400",
      method: "PUT",
      path: `/user/${nobody}`,
      options: { body: {} },
      status: 400,
      members: { code: "invalid_argument", result: 2000 },
    },
    {
      title: "a page beyond the largest: 400",
      method: "GET",
      path: "/user?limit=201",
      status: 400,
      members: { result: 2000, details: { issues: [expect.objectContaining({ path: "limit" })] } },
    },
    {
      title: "a body that is no JSON: 400",
      method: "POST",
      path: "/user",
      options: { body: "{" },
      status: 400,
      members: { code: "invalid_argument", result: 2000 },
    },
    {
      title: "loading a user who is not there: 404",
      method: "GET",
      path: `/user/${nobody}`,
      status: 404,
      members: { code: "not_found", reason: "no_user" },
    },
    {
      title: "loading by something that is no id: 404",
      method: "GET",
      path: "/user/twelve-bytes",
      status: 404,
      members: { code: "not_found", reason: "no_user" },
    },
    {
      title: "editing a user who is not there: 404",
      method: "PUT",
      path: `/user/${nobody}`,
      options: { body: { name: "judy" } },
      status: 404,
      members: { code: "not_found", reason: "no_user" },
    },
    {
      title: "deleting a user who is not there: 404",
      method: "DELETE",
      path: `/user/${nobody}`,
      status: 404,
      members: { code: "not_found", reason: "no_user" },
    },
    {
      title: "a media type that nobody reads: 415",
      method: "POST",
      path: "/user",
      options: { body: "<user/>", type: "text/xml" },
      status: 415,
      members: { reason: "unsupported_media_type" },
    },
    {
      title: "a body over the limit: 413",
      method: "POST",
      path: "/user",
      options: { body: { name: "x".repeat(1_100_000), password } },
      status: 413,
      members: { code: "resource_exhausted", reason: "body_too_large" },
    },
    {
      title: "a path that nobody serves: 404",
      method: "GET",
      path: "/nothing/here",
      status: 404,
      members: { code: "not_found", reason: "no_route" },
    },
  ];
  it.each(refusals)("refuses $title", async ({ method, path, options, status, members }) => {
    expectProblem(await request(method, path, options), status, members);
  });

  it("refuses an edit to a name that is taken: 409", async () => {
    const { id } = await newUser("kim");
    const reply = await request("PUT", `/user/${id}`, { body: { name: "alice" } });
    expectProblem(reply, 409, { code: "already_exists", reason: "name_taken" });
  });

  it("refuses a wrong method with 405 and says which there are", async () => {
    const reply = await request("PATCH", "/user");
    expectProblem(reply, 405, { reason: "method_not_allowed" });
    expect(reply.headers.get("allow")?.split(", ").sort()).toEqual(["GET", "HEAD", "POST"]);
  });

  describe("while config-server is away", () => {
    beforeAll(async () => {
      await config.stop();
      await vi.waitFor(async () => expect((await request("GET", "/config")).status).toBe(503), {
        timeout: 15_000,
        interval: 100,
      });
    });

    it("answers 503 for its paths and says when to come again", async () => {
      const reply = await request("GET", "/config");
      expectProblem(reply, 503, { code: "unavailable", reason: "no_instances" });
      expect(Number(reply.headers.get("retry-after"))).toBeGreaterThan(0);
    });

    it.each([
      ["right", "alice-demo-password"],
      ["wrong", "wrong"],
    ])("answers a login with a %s password with 503", async (_, tried) => {
      const reply = await request("POST", "/user/login", { body: { name: "alice", password: tried } });
      expectProblem(reply, 503, { code: "unavailable" });
    });

    it("serves the paths of the others", async () => {
      expect((await request("GET", `/user/${alice.id}`)).status).toBe(200);
    });
  });
});
