// The process under attack: a gateway, and the service behind it, found through a development registry of their own.
import { createGateway, createService, defineAction, defineContract, implement, readForm } from "vastify";
import { z } from "zod";
import { answerAsVictim } from "./answer-as-victim.mjs";
import { watchFaults } from "./faults.mjs";

/** The one failure that is meant to happen, and to be logged. */
const meant = new Error("connect to mongodb://admin:secret@db failed");
const faults = watchFaults(meant, /^POST \/fail failed$/);

const address = z.object({ street: z.string().min(1).max(80), zip: z.string().regex(/^\d{5}$/) });
const order = z.object({
  title: z.string().min(1).max(40),
  count: z.int().min(1).max(1_000),
  price: z.number().min(0),
  kind: z.enum(["book", "film"]),
  urgent: z.boolean().optional(),
  tags: z.array(z.string().max(10)).max(5).default([]),
  to: address,
  notes: z.record(z.string(), z.string()).optional(),
  nested: z.union([z.string(), z.array(z.number())]).optional(),
});
const given = z.object({ given: z.unknown() });
const echo = (input) => ({ given: input });

const shop = defineContract({
  target: "shop",
  version: "1.0.0",
  actions: {
    listOrders: defineAction({
      access: "public",
      rest: { method: "GET", path: "/orders" },
      input: z.object({
        limit: z.int().min(1).max(100).default(10),
        open: z.boolean().optional(),
        tags: z.array(z.string()).optional(),
        since: z.iso.datetime().optional(),
        sort: z.enum(["title", "price"]).optional(),
      }),
      output: given,
    }),
    findOrder: defineAction({
      access: "public",
      rest: { method: "GET", path: "/orders/:id" },
      input: z.object({ id: z.int().min(1) }),
      output: given,
    }),
    findLine: defineAction({
      access: "public",
      rest: { method: "GET", path: "/orders/:id/lines/:name" },
      input: z.object({ id: z.int(), name: z.string() }),
      output: given,
    }),
    addOrder: defineAction({
      access: "public",
      rest: { method: "POST", path: "/orders", status: 201 },
      input: order,
      output: given,
    }),
    changeOrder: defineAction({
      access: "public",
      rest: { method: "PATCH", path: "/orders/:id" },
      input: order.partial().extend({ id: z.int() }),
      output: given,
    }),
    dropOrder: defineAction({
      access: "public",
      rest: { method: "DELETE", path: "/orders/:id" },
      input: z.object({ id: z.int() }),
    }),
    addPhotos: defineAction({
      access: "public",
      rest: { method: "POST", path: "/orders/:id/photos", upload: { kind: "multipart", maxBytes: 65_536 } },
      input: z.object({ id: z.int() }),
      output: given,
    }),
    putFile: defineAction({
      access: "public",
      rest: { method: "PUT", path: "/orders/:id/file", upload: { kind: "raw", maxBytes: 65_536 } },
      input: z.object({ id: z.int() }),
      output: given,
    }),
    fail: defineAction({ access: "public", rest: { method: "POST", path: "/fail" } }),
    audit: defineAction({
      access: { level: "public", roles: ["admin"] },
      rest: { method: "GET", path: "/audit" },
      output: given,
    }),
  },
});

const implementation = implement(shop, {
  listOrders: echo,
  findOrder: echo,
  findLine: echo,
  addOrder: echo,
  changeOrder: echo,
  dropOrder: () => {},
  async addPhotos(_input, { upload }) {
    const form = readForm(upload, { maxFiles: 2 });
    let bytes = 0;
    for await (const { stream } of form.files) for await (const chunk of stream) bytes += chunk.length;
    return { given: { bytes, fields: form.fields } };
  },
  async putFile(_input, { upload }) {
    let bytes = 0;
    for await (const chunk of upload.stream) bytes += chunk.length;
    return { given: { bytes } };
  },
  fail() {
    throw meant;
  },
  audit: () => ({ given: "stolen" }),
});

const shelves = {
  plugin: function shelves() {
    this.add("shelf:list", async ({ args }) => ({ given: args }));
    this.add("shelf:put", async ({ args }) => ({ given: args.body }));
  },
  routes: {
    prefix: "/shelf",
    pin: "shelf:*",
    map: { list: { GET: true, name: "" }, put: { PUT: true, suffix: "/:id" } },
  },
};

answerAsVictim(faults, async (common) => {
  await createService({ ...common, name: "shop", contracts: [implementation], modules: [shelves] }).start();
  const auth = { keys: {}, tokens: { issuer: "i", audience: "a", secret: "s".repeat(32), cookie: "session" } };
  const gateway = createGateway({ ...common, name: "gateway", auth: { ...auth, open: ["* /shelf/*", "* /shelf"] } });
  await gateway.start();
  return gateway.addresses.http;
});
