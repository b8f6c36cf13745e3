import { createRequire } from "node:module";
import type { Busboy } from "@fastify/busboy";
import type Koa from "koa";
import type Router from "koa-router";
import type senecaWeb from "seneca-web";
import type koaAdapter from "seneca-web-adapter-koa2";

const load = createRequire(import.meta.url);

/** Loaded when they are used first: a service without routes does without them, and is smaller and sooner there. */
export const koaPackages = {
  get Koa(): typeof Koa {
    return load("koa");
  },
  get Router(): typeof Router {
    return load("koa-router");
  },
  get senecaWeb(): typeof senecaWeb {
    return load("seneca-web");
  },
  get koaAdapter(): typeof koaAdapter {
    return load("seneca-web-adapter-koa2");
  },
  get Busboy(): typeof Busboy {
    return load("@fastify/busboy").Busboy;
  },
};
