import type { Agent } from "./agent.js";
import { type Catalog, nodeCheckId, serverServiceId } from "./catalog.js";
import { decodeCheck, isCheckStatus } from "./decode-check.js";
import { decodeBody } from "./decode-fields.js";
import { decodeService } from "./decode-service.js";
import type { CheckStatus } from "./records.js";
import { Refusal } from "./refusal.js";
import { done, type Handler, json, type Route } from "./reply.js";
import { agentServiceView, checkView, type NodeIdentity, selfView } from "./views.js";

/** `/v1/agent`: what is registered with this node, and its checks. */
export function agentRoutes(agent: Agent, catalog: Catalog, node: NodeIdentity): readonly Route[] {
  const serviceViews = () =>
    Object.fromEntries(
      catalog
        .services()
        .filter(({ id }) => id !== serverServiceId)
        .map((service) => [service.id, agentServiceView(service)]),
    );
  const checkViews = () =>
    Object.fromEntries(
      catalog
        .checks()
        .filter(({ id }) => id !== nodeCheckId)
        .map((check) => [check.id, checkView(check, catalog.service(check.serviceId), node)]),
    );
  const setTtl =
    (status: CheckStatus): Handler =>
    ({ rest, query }) => {
      agent.updateTtl(rest, status, query.get("note") ?? "");
      return done;
    };

  return [
    { path: "/v1/agent/self", GET: () => json(selfView(node)) },
    { path: "/v1/agent/services", GET: () => json(serviceViews()) },
    { path: "/v1/agent/checks", GET: () => json(checkViews()) },
    {
      path: "/v1/agent/service/register",
      PUT: ({ body, query }) => {
        const isReplacingChecks =
          query.has("replace-existing-checks") && query.get("replace-existing-checks") !== "false";
        agent.register(decodeService(body), { isReplacingChecks });
        return done;
      },
    },
    {
      path: "/v1/agent/service/deregister/",
      PUT: ({ rest }) => {
        if (rest === "") throw new Refusal(500, "ServiceID missing");
        if (rest !== serverServiceId) agent.deregister(rest);
        return done;
      },
    },
    {
      path: "/v1/agent/service/maintenance/",
      PUT: ({ rest, query }) => {
        if (rest === "") throw new Refusal(400, "Missing service ID");
        if (!query.has("enable")) throw new Refusal(400, "Missing value for enable");
        const isEnabled = parseFlag(query.get("enable") ?? "");
        if (isEnabled === undefined) throw new Refusal(400, `Invalid value for enable: "${query.get("enable")}"`);
        agent.maintain(rest, isEnabled, query.get("reason") ?? "");
        return done;
      },
    },
    {
      path: "/v1/agent/service/",
      GET: ({ rest }) => {
        const service = catalog.service(rest);
        if (!service || rest === serverServiceId) throw new Refusal(404, `unknown service ID: ${rest}`);
        return json(agentServiceView(service));
      },
    },
    {
      path: "/v1/agent/check/register",
      PUT: ({ body }) => {
        agent.registerCheck(decodeCheck(body));
        return done;
      },
    },
    {
      path: "/v1/agent/check/deregister/",
      PUT: ({ rest }) => {
        if (rest === "") throw new Refusal(500, "CheckID missing");
        if (rest !== nodeCheckId) agent.deregisterCheck(rest);
        return done;
      },
    },
    { path: "/v1/agent/check/pass/", PUT: setTtl("passing") },
    { path: "/v1/agent/check/warn/", PUT: setTtl("warning") },
    { path: "/v1/agent/check/fail/", PUT: setTtl("critical") },
    {
      path: "/v1/agent/check/update/",
      PUT: ({ rest, body }) => {
        const fields = decodeBody(body, ["Status", "Output"]);
        const status = fields.text("Status");
        if (!isCheckStatus(status)) throw new Refusal(400, `Invalid check status: '${status}'`);
        agent.updateTtl(rest, status, fields.text("Output"));
        return done;
      },
    },
  ];
}

/** A boolean as Go reads it from a query string. */
export function parseFlag(text: string): boolean | undefined {
  if (["1", "t", "T", "true", "TRUE", "True"].includes(text)) return true;
  return ["0", "f", "F", "false", "FALSE", "False"].includes(text) ? false : undefined;
}
