import type { Context, Middleware } from "koa";
import type Router from "koa-router";
import { resolveUpload, type UploadRules } from "../contracts/index.js";
import { badOption, type Message, onceNeeded, VastifyError } from "../core/index.js";
import type { Dispatcher, Seneca, SenecaAction, SenecaPlugin, SenecaReply } from "../dispatch/index.js";
import { argsOf, keysBesideArgs } from "./action-args.js";
import { koaPackages } from "./koa-packages.js";
import type { RouteDefinition, ServiceModule } from "./module.js";
import type { PublishedRoute } from "./published-routes.js";
import { sendResult } from "./reply.js";
import { requestBody } from "./request-body.js";
import type { RequestState } from "./request-life.js";
import { callWithUpload } from "./uploads/upload-call.js";

export interface ModuleRoutes {
  /** The Koa router that the routes are on; more may be added by hand. */
  readonly router: Router;
  /** What is published for the gateway. */
  readonly published: readonly PublishedRoute[];
  /** To be loaded into Seneca before the modules. */
  readonly plugin: SenecaPlugin;
  /** Maps the routes of modules that are loaded. */
  map(modules: readonly ServiceModule[]): Promise<void>;
}

/** A route as seneca-web gives it to its adapter. */
interface MappedRoute {
  readonly path: string;
  readonly methods: readonly string[];
  readonly pattern: string;
  readonly auth: unknown;
  readonly secure: unknown;
}

export interface ModuleRoutesOptions {
  dispatcher: Dispatcher;
  maxBodyBytes: number;
  /** Adds to a route what is known of its action; it may refuse the route. @default nothing is known */
  describe?(route: PublishedRoute): PublishedRoute;
}

/**
 * Serves modules' REST routes by seneca-web and its Koa adapter. seneca-web maps the definitions and the adapter
 * mounts them; what the adapter gets wrong (status codes, errors, bodies of PATCH and DELETE, one Seneca delegate
 * shared by all requests) is done around it: docs/decisions/0003-seneca-web.md.
 */
export function createModuleRoutes({
  dispatcher,
  maxBodyBytes,
  describe = (route) => route,
}: ModuleRoutesOptions): ModuleRoutes {
  const { seneca } = dispatcher;
  const published: PublishedRoute[] = [];
  /** What chooses the action, by the pattern that the adapter gives back. */
  const keysOf = new Map<string, Message>();
  /** By pattern, as the route's definition says it: seneca-web has no place for them. */
  const uploads = new Map<string, Required<UploadRules>>();
  const uploadRoutes = new Map<string, Required<UploadRules>>();
  const router = onceNeeded(() => {
    const router = new koaPackages.Router();
    router.use(noteRoute(uploadRoutes), requestBody(maxBodyBytes), sendActionResult);
    return router;
  });

  /** Takes the part of Seneca that the adapter uses, so that every request is a call of its own. */
  const bridge = {
    act(pattern: string, more: BridgeMessage, done: (error: unknown, result?: unknown) => void) {
      const { ctx, body = {} } = more.request$;
      const { tx, signal } = ctx.state as RequestState;
      const args = { ...more.args, ...argsOf(ctx, { ...ctx.params }, body) };
      const act = (upload: Message, timing: { timeoutMs?: number }) =>
        dispatcher.act(upload, { tx, signal, ...timing });
      callWithUpload(ctx, { args, ...keysOf.get(pattern) }, act).then(
        (result) => {
          ctx.state.result = { value: result };
          done(null, {});
        },
        (error) => done(error),
      );
    },
  };

  function adapter(
    options: Record<string, unknown>,
    context: unknown,
    auth: unknown,
    routes: MappedRoute[],
    done: Done,
  ): void {
    for (const route of routes) {
      const message = seneca.util.Jsonic(route.pattern);
      const upload = uploads.get(route.pattern);
      keysOf.set(route.pattern, keysBesideArgs(message));
      for (const method of route.methods) {
        published.push(describe({ method, path: route.path, message, ...(upload && { upload }) }));
        if (upload) uploadRoutes.set(`${method} ${route.path}`, upload);
      }
    }
    koaPackages.koaAdapter.call(bridge, { ...options, parseBody: false }, context, auth, routes, done);
  }

  const awake = onceNeeded(() => wakeSenecaWeb(seneca, { context: router(), adapter, options: { parseBody: false } }));

  return {
    get router() {
      return router();
    },
    published,
    plugin: function web(this: Seneca) {
      for (const pattern of senecaWebPatterns)
        this.add(pattern, function (this: Seneca, message: Message, reply: SenecaReply) {
          awake().actions[pattern]?.call(this, message, reply);
        });
      // seneca-web keeps the last context of the whole process; the export must give ours.
      const exportmap = {
        setServer: (...given: unknown[]) => awake().exportmap.setServer?.(...given),
        mapRoutes: (...given: unknown[]) => awake().exportmap.mapRoutes?.(...given),
        context: router,
      };
      return { name: "web", exportmap };
    },
    async map(modules) {
      for (const { routes = [] } of modules) {
        const definitions = [routes]
          .flat()
          .map((definition) => expectDefinition(seneca, definition as RouteDefinition, uploads));
        if (definitions.length === 0) continue;
        await seneca.post(
          { role: "web" },
          { routes: definitions, adapter, context: router(), options: { parseBody: false } },
        );
      }
    },
  };
}

/** What seneca-web answers. */
const senecaWebPatterns = ["role:web,routes:*", "role:web,set:server"] as const;

/** What seneca-web adds to a Seneca, without adding it: most services never use it, and it is large. */
function wakeSenecaWeb(seneca: Seneca, options: Record<string, unknown>) {
  const actions: Record<string, SenecaAction> = {};
  const add = (pattern: string, action: SenecaAction) => {
    actions[pattern] = action;
  };
  const { exportmap } = koaPackages.senecaWeb.call({ util: seneca.util, add }, options);
  actions["init:web"]?.call(seneca, {}, () => {});
  return { actions, exportmap: exportmap as Record<string, (...given: unknown[]) => unknown> };
}

type Done = (error?: unknown, result?: unknown) => void;

/** What the adapter passes to `act`. */
interface BridgeMessage {
  readonly request$: { readonly ctx: Context; readonly body?: unknown };
  readonly args: Readonly<Record<string, unknown>>;
}

/** Keeps the path's template for the log, and how the route takes its body. */
const noteRoute =
  (uploads: ReadonlyMap<string, Required<UploadRules>>): Middleware =>
  async (ctx, next) => {
    const { matched = [] } = ctx as {
      matched?: readonly { readonly path: string; readonly methods: readonly string[] }[];
    };
    // The router's own middleware is in the list too, without methods.
    ctx.state.route = matched.findLast((layer) => layer.methods.length > 0)?.path;
    ctx.state.uploadRules = uploads.get(`${ctx.method} ${ctx.state.route}`);
    await next();
  };

/** The adapter answers every result with 200; this sends what the action said. */
const sendActionResult: Middleware = async (ctx, next) => {
  await next();
  const { result } = ctx.state as { result?: { value: unknown } };
  if (result) await sendResult(ctx, result.value);
};

/** seneca-web maps `GET: false` too and ignores `auth` and `secure` without a word: we refuse what it would not do. */
function expectDefinition(
  seneca: Seneca,
  definition: RouteDefinition,
  uploads: Map<string, Required<UploadRules>>,
): RouteDefinition {
  const { pin, prefix = "" } = definition;
  if (typeof pin !== "string" || pin === "") throw badOption("routes.pin", pin, 'a pattern such as "module:user,if:*"');
  try {
    seneca.util.Jsonic(pin.replace(":*", ":x"));
  } catch {
    throw badOption(`routes.pin of ${prefix}`, pin, 'a pattern such as "module:user,if:*"');
  }
  const map: Record<string, unknown> = {};
  for (const [key, mapping] of Object.entries(definition.map)) {
    if (mapping === false) continue;
    if (mapping === true) map[key] = true;
    else {
      if ("auth" in mapping || "secure" in mapping) {
        throw new VastifyError(
          "invalid_argument",
          `routes.map.${key}: auth and secure are not done by seneca-web's Koa adapter`,
          {
            reason: "bad_option",
          },
        );
      }
      const { upload, ...others } = mapping;
      if (upload) uploads.set(pin.replace(":*", `:${key}`), resolveUpload(`routes.map.${key}.upload`, upload));
      map[key] = Object.fromEntries(
        Object.entries(others).filter(([name, value]) => name === "name" || value !== false),
      );
    }
  }
  return { ...definition, map: map as RouteDefinition["map"] };
}
