import { afterEach, describe, expect, it } from "vitest";
import type { InstanceConfig } from "../../src/compat/config.js";
import { getInstance, type Instance, web } from "../../src/compat/instance.js";
import { VastifyWebModule } from "../../src/compat/web-module.js";

const instances: Instance[] = [];
const quiet: InstanceConfig = {
  logger: { winston: { level: "error" } },
  microservice: { host: "127.0.0.1" },
};

function make(config: InstanceConfig = {}): Instance {
  const instance = getInstance({ ...quiet, ...config });
  instances.push(instance);
  return instance;
}

afterEach(async () => {
  for (const { seneca } of instances.splice(0)) await new Promise<void>((resolve) => seneca.close(() => resolve()));
});

const routes = [{ prefix: "/item", pin: "module:item,if:*", map: { list: { GET: true, name: "" } } }];

describe("getInstance", () => {
  it("gives the last one to who asks without a config", () => {
    const instance = make();
    expect(getInstance()).toBe(instance);
    expect(web.app).toBe(instance.web.app);
    expect(make()).not.toBe(instance);
  });

  it("takes the Seneca options that 2018 had", async () => {
    const { seneca } = make({
      seneca: {
        timeout: 5000,
        log: "silent",
        tag: "micro1000",
        trace: { act: true, stack: true },
        debug: { undead: true },
      },
    });
    seneca.add("a:1", (_message, reply) => reply(null, { ok: true }));
    expect(await seneca.post("a:1")).toEqual({ ok: true });
  });

  it("has no db unless one is asked for", () => {
    expect(make().db).toBeUndefined();
  });
});

describe("useREST", () => {
  it("takes a list, and modules whose plugins have one name", async () => {
    const { seneca } = make();
    const plugin = (name: string) =>
      Object.defineProperty(
        function (this: typeof seneca) {
          this.add(`module:${name},if:list`, (_message, reply) => reply(null, [name]));
        },
        "name",
        { value: "plugin" },
      );
    const module = (name: string) =>
      new VastifyWebModule({
        plugin: plugin(name),
        routes: [{ ...routes[0], prefix: `/${name}`, pin: `module:${name},if:*` } as never],
      });
    seneca.useREST([module("one"), module("two")]);
    await new Promise<void>((resolve) => seneca.ready(() => resolve()));
    expect(await seneca.post("module:one,if:list")).toEqual(["one"]);
    expect(await seneca.post("module:two,if:list")).toEqual(["two"]);
  });

  it("refuses what is no module", () => {
    expect(() => make().seneca.useREST({} as never)).toThrow("useREST must be a VastifyWebModule");
  });
});

describe("VastifyWebModule", () => {
  it.each([
    ["plugin", { plugin: undefined, routes }],
    ["routes", { plugin: () => {}, routes: undefined }],
  ])("refuses to be made without %s", (field, options) => {
    expect(() => new VastifyWebModule(options as never)).toThrow(`${field} must be`);
  });
});

describe("seneca.listen", () => {
  async function listenOn(instance: Instance, config: object): Promise<string> {
    const { port } = await new Promise<{ port: number }>((resolve, reject) => {
      instance.seneca.listen({ port: 0, ...config }, (error: unknown, address: { port: number }) =>
        error ? reject(error) : resolve(address),
      );
    });
    return `http://127.0.0.1:${port}/act`;
  }

  it("answers only what its pin matches", async () => {
    const instance = make();
    instance.seneca.add("role:a,cmd:one", (_message, reply) => reply(null, { got: "one" }));
    instance.seneca.add("role:b", (_message, reply) => reply(null, { got: "b" }));
    const url = await listenOn(instance, { pin: "role:a,cmd:*" });
    expect((await fetch(`${url}?role=a&cmd=one`)).status).toBe(200);
    expect((await fetch(`${url}?role=b`)).status).toBe(404);
    expect((await fetch(`${url}?role=b&cmd=one`)).status).toBe(404);
    expect((await fetch(`${url}?role=a`)).status).toBe(404);
  });

  it("answers what a plugin of the author adds", async () => {
    const instance = make();
    instance.seneca.use(function math(this: Instance["seneca"]) {
      this.add("role:math", (_message, reply) => reply(null, { named: true }));
    });
    instance.seneca.use(
      (() =>
        function (this: Instance["seneca"]) {
          this.add("role:unnamed", (_message, reply) => reply(null, { named: false }));
        })(),
    );
    const url = await listenOn(instance, {});
    expect(await (await fetch(`${url}?role=math`)).json()).toEqual({ named: true });
    expect(await (await fetch(`${url}?role=unnamed`)).json()).toEqual({ named: false });
  });

  it.each([
    ["listen.type", { type: "tcp" }],
    ["listen.path", { path: "/other" }],
  ])("refuses a %s that the server doesn't have", (option, config) => {
    expect(() => make().seneca.listen(config)).toThrow(`${option} must be`);
  });
});
