import { nodeIndex } from "./catalog.js";
import type { CheckRecord, KvRecord, ServiceRecord } from "./records.js";

/** The one node, as Consul's answers name it. */
export interface NodeIdentity {
  readonly id: string;
  readonly name: string;
  readonly datacenter: string;
  readonly address: string;
}

const version = "1.8.7";

export function selfView(node: NodeIdentity): unknown {
  return {
    Config: {
      Datacenter: node.datacenter,
      NodeName: node.name,
      NodeID: node.id,
      Revision: "vastify development registry",
      Server: true,
      Version: version,
    },
    Meta: {},
  };
}

export function nodeView(node: NodeIdentity): Record<string, unknown> {
  return {
    ID: node.id,
    Node: node.name,
    Address: node.address,
    Datacenter: node.datacenter,
    TaggedAddresses: { lan: node.address, lan_ipv4: node.address, wan: node.address, wan_ipv4: node.address },
    Meta: {},
    CreateIndex: nodeIndex,
    ModifyIndex: nodeIndex,
  };
}

export function agentServiceView(service: ServiceRecord): Record<string, unknown> {
  return {
    ID: service.id,
    Service: service.name,
    Tags: service.tags,
    Meta: service.meta,
    Port: service.port,
    Address: service.address,
    ...(Object.keys(service.taggedAddresses).length > 0 && { TaggedAddresses: service.taggedAddresses }),
    Weights: service.weights,
    EnableTagOverride: service.enableTagOverride,
  };
}

export function healthServiceView(service: ServiceRecord): Record<string, unknown> {
  return {
    ...agentServiceView(service),
    Proxy: { MeshGateway: {}, Expose: {} },
    Connect: {},
    CreateIndex: service.createIndex,
    ModifyIndex: service.modifyIndex,
  };
}

export function catalogServiceView(service: ServiceRecord, node: NodeIdentity): Record<string, unknown> {
  const { Meta: NodeMeta, ...rest } = nodeView(node);
  return {
    ...rest,
    NodeMeta,
    ServiceKind: "",
    ServiceID: service.id,
    ServiceName: service.name,
    ServiceTags: service.tags,
    ServiceAddress: service.address,
    ...(Object.keys(service.taggedAddresses).length > 0 && { ServiceTaggedAddresses: service.taggedAddresses }),
    ServiceWeights: service.weights,
    ServiceMeta: service.meta,
    ServicePort: service.port,
    ServiceEnableTagOverride: service.enableTagOverride,
    ServiceProxy: { MeshGateway: {}, Expose: {} },
    ServiceConnect: {},
    CreateIndex: service.createIndex,
    ModifyIndex: service.modifyIndex,
  };
}

export function checkView(
  check: CheckRecord,
  service: ServiceRecord | undefined,
  node: NodeIdentity,
): Record<string, unknown> {
  return {
    Node: node.name,
    CheckID: check.id,
    Name: check.name,
    Status: check.status,
    Notes: check.notes,
    Output: check.output,
    ServiceID: check.serviceId,
    ServiceName: service?.name ?? "",
    ServiceTags: service?.tags ?? [],
    Type: check.probe.type,
    Definition: {},
    CreateIndex: check.createIndex,
    ModifyIndex: check.modifyIndex,
  };
}

export function kvView(record: KvRecord): Record<string, unknown> {
  return {
    LockIndex: 0,
    Key: record.key,
    Flags: record.flags,
    Value: record.value.length > 0 ? record.value.toString("base64") : null,
    CreateIndex: record.createIndex,
    ModifyIndex: record.modifyIndex,
  };
}
