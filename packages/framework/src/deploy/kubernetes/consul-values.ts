import { type GeneratedFile, header } from "../generated-file.js";
import type { System } from "../system.js";

/** Values of Consul's own Helm chart: three servers, and an agent on every node that pods reach at the node's address. */
export function consulValues(system: System): GeneratedFile {
  const text = `${header("#", "", "helm upgrade --install consul hashicorp/consul --namespace consul --create-namespace --values deploy/kubernetes/consul-values.yaml")}
global:
  name: consul
  datacenter: ${system.name}
server:
  replicas: 3
  disruptionBudget: { enabled: true }
client:
  # Services register with the agent of their node, which also asks for their health.
  enabled: true
  exposeGRPCPorts: false
connectInject: { enabled: false }
ui: { enabled: true }
`;
  return { path: "deploy/kubernetes/consul-values.yaml", text };
}
