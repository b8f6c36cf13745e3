import { type RunningConsul, startConsul } from "@vastify/backends";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type RequestOptions, send } from "./support/http-client.js";
import { type ServiceProcess, useServices } from "./support/service-process.js";
import { hasMongo, newDatabaseUri } from "./support/test-database.js";

const redisUrl = process.env.TEST_REDIS_URL ?? "";

describe.skipIf(!hasMongo || !redisUrl)("users of two instances that share a Redis", () => {
  let consul: RunningConsul;
  const database = hasMongo ? newDatabaseUri() : "";
  const services = useServices(afterAll, () => ({
    ...{ CONSUL_HTTP_ADDR: consul.httpAddr, MONGODB_URI: database, REDIS_URL: redisUrl },
  }));
  let gateway: ServiceProcess;
  let instances: ServiceProcess[];

  const request = (method: string, path: string, options?: RequestOptions) =>
    send(`${gateway.url}${path}`, method, options);
  const newUser = async (name: string) => {
    const { body, headers } = await request("POST", "/user", { body: { name, password: "a password" } });
    return { path: `/user/${body.id}`, etag: headers.get("etag") ?? "" };
  };
  const edit = (path: string, name: string, ifMatch?: string) =>
    request("PUT", path, { body: { name }, ...(ifMatch !== undefined && { headers: { "if-match": ifMatch } }) });

  beforeAll(async () => {
    consul = await startConsul();
    [gateway, ...instances] = (await Promise.all([
      services.start("gateway"),
      services.start("account-server"),
      services.start("account-server"),
    ])) as [ServiceProcess, ...ServiceProcess[]];
    await vi.waitFor(async () => expect((await request("GET", "/user")).status).toBe(200), {
      timeout: 20_000,
      interval: 100,
    });
  });
  afterAll(() => consul?.stop());

  it("have a tag that changes with them, and only then", async () => {
    const { path, etag } = await newUser("ann");
    const first = await request("GET", path);
    expect(first.headers.get("etag")).toBe(etag);
    const edited = await edit(path, "anna");
    expect(edited.headers.get("etag")).not.toBe(etag);
    expect((await request("GET", path)).headers.get("etag")).toBe(edited.headers.get("etag"));
  });

  it("are not sent again to who has them", async () => {
    const { path, etag } = await newUser("ben");
    const had = await request("GET", path, { headers: { "if-none-match": etag } });
    expect([had.status, had.text]).toEqual([304, ""]);
    expect((await request("GET", path, { headers: { "if-none-match": '"other"' } })).status).toBe(200);
  });

  it("are seen as they are by every instance right after a change", async () => {
    const { path } = await newUser("cleo");
    for (let n = 0; n < 10; n++) {
      for (const { url } of instances) await send(`${url}${path}`);
      await edit(path, `cleo ${n}`);
      for (const { url } of instances) expect((await send(`${url}${path}`)).body.name).toBe(`cleo ${n}`);
    }
    await request("DELETE", path);
    for (const { url } of instances) expect((await send(`${url}${path}`)).status).toBe(404);
  });

  it("are changed by one of many who mean the same version; the others are told: 412", async () => {
    const { path, etag } = await newUser("dan");
    const replies = await Promise.all(Array.from({ length: 20 }, (_, n) => edit(path, `dan ${n}`, etag)));
    const statuses = replies.map(({ status }) => status).sort();
    expect(statuses).toEqual([200, ...Array.from({ length: 19 }, () => 412)]);
    const refused = replies.find(({ status }) => status === 412);
    expect(refused?.body).toMatchObject({ code: "failed_precondition", reason: "precondition_failed" });
    const winner = replies.find(({ status }) => status === 200);
    expect((await request("GET", path)).body.name).toBe(winner?.body.name);
  });

  it("are changed by each of many who mean whatever is there", async () => {
    const { path } = await newUser("dora");
    const replies = await Promise.all(Array.from({ length: 30 }, (_, n) => edit(path, `dora ${n}`)));
    expect(replies.map(({ status }) => status)).toEqual(Array.from({ length: 30 }, () => 200));
  });

  it("are deleted only in the version that is meant", async () => {
    const { path, etag } = await newUser("eve");
    await edit(path, "eva");
    expect((await request("DELETE", path, { headers: { "if-match": etag } })).status).toBe(412);
    expect((await request("DELETE", path, { headers: { "if-match": "*" } })).status).toBe(204);
  });

  it("are listed by what their name begins with and when they came", async () => {
    for (const name of ["zoe", "zora", "zürich", "yan"]) await newUser(name);
    const names = async (query: string) =>
      (await request("GET", `/user?${query}`)).body.map((user: { name: string }) => user.name);
    expect(await names("prefix=zo")).toEqual(["zoe", "zora"]);
    expect(await names("prefix=z&skip=1&limit=1")).toEqual(["zora"]);
    expect(await names("prefix=z&createdFrom=2999-01-01T00:00:00Z")).toEqual([]);
    expect(await names("prefix=y&createdBefore=2999-01-01T00:00:00Z")).toEqual(["yan"]);
    expect((await request("GET", "/user?createdFrom=yesterday")).status).toBe(400);
  });
});
