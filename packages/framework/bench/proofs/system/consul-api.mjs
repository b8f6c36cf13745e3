/** The host of instances that no process stands for. */
const byHand = "by-hand";

/**
 * The few requests to Consul's HTTP API that proofs make by hand.
 * @param {string} address `host:port`
 */
export function createConsulApi(address) {
  async function request(method, path, body) {
    const response = await fetch(`http://${address}/v1/${path}`, {
      method,
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (response.status === 404) return undefined;
    if (!response.ok) throw new Error(`${method} /v1/${path}: ${response.status} ${text}`);
    return text === "" ? undefined : JSON.parse(text);
  }

  return {
    /** The ids of the instances of `target` whose checks pass. */
    async passing(target) {
      const entries = await request("GET", `health/service/${target}?passing`);
      return entries.map(({ Service }) => Service.ID);
    },
    /**
     * Writes an instance into the catalog, as an agent of another host would; nobody needs to be alive behind it. (One
     * agent that is given thousands compares all of them at each.)
     */
    register({ id, target, version, httpPort = 1, microservicePort }) {
      const Service = { ID: id, Service: target, Address: "127.0.0.1", Port: httpPort, Tags: ["vastify"] };
      const Notes = JSON.stringify({
        $$version: version,
        $$microservicePort: microservicePort,
        protocols: ["vastify/1"],
      });
      const Check = { CheckID: `service:${id}`, Name: "by hand", ServiceID: id, Status: "passing", Notes };
      return request("PUT", "catalog/register", { Node: byHand, Address: "127.0.0.1", Service, Check });
    },
    deregister: (id) => request("PUT", "catalog/deregister", { Node: byHand, ServiceID: id }),
    setKey: (key, value) => request("PUT", `kv/${key}`, value),
    /** The JSON under a key of Consul KV. */
    async key(key) {
      const found = await request("GET", `kv/${key}`);
      return found && JSON.parse(Buffer.from(found[0].Value, "base64").toString());
    },
  };
}
