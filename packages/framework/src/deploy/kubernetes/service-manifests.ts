import { type GeneratedFile, header } from "../generated-file.js";
import { productionVariablesOf } from "../service-variables.js";
import type { System, SystemService } from "../system.js";
import { addressVariables } from "../variables.js";
import { block, quoted } from "../yaml.js";

/** Longer than by default: an endpoint's removal has to reach every node. */
const usualDrain = { noticeMs: 5_000, graceMs: 10_000 };
/** Consul gets 2 s to hear of it, and the service's parts get as much to end. */
const afterDrainMs = 5_000;

/** What runs one service in Kubernetes. */
export function serviceManifests(system: System, name: string, service: SystemService): GeneratedFile {
  const documents = [
    deployment(system, name, service),
    endpoint(system, name, service),
    ...(system.discovery === "dns" ? [headlessService(system, name, service)] : []),
    autoscaler(name, service),
    disruptionBudget(name),
    networkPolicy(system, name, service),
  ];
  const text = `${header("#")}\n${documents.join("---\n")}`;
  return { path: `deploy/kubernetes/${name}.yaml`, text };
}

function deployment(system: System, name: string, service: SystemService): string {
  const { httpPort, microservicePort, maxMemoryMb, version } = service;
  const { noticeMs, graceMs } = drainOf(system, name);
  const ports = [`- { name: http, containerPort: ${httpPort} }`];
  if (microservicePort) ports.push(`- { name: calls, containerPort: ${microservicePort} }`);
  return `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
  labels: { app.kubernetes.io/name: ${name}, app.kubernetes.io/part-of: ${system.name}, app.kubernetes.io/version: ${quoted(version)} }
spec:
  # How many there are is the autoscaler's business.
  revisionHistoryLimit: 5
  strategy:
    # The new ones serve before the old ones leave.
    rollingUpdate: { maxUnavailable: 0, maxSurge: 1 }
  selector:
    matchLabels: { app.kubernetes.io/name: ${name} }
  template:
    metadata:
      labels: { app.kubernetes.io/name: ${name}, app.kubernetes.io/part-of: ${system.name}, app.kubernetes.io/version: ${quoted(version)} }
    spec:
      automountServiceAccountToken: false
      # The service serves on for ${noticeMs / 1_000} s, finishes within ${graceMs / 1_000} s, and then its parts end.
      terminationGracePeriodSeconds: ${Math.ceil((noticeMs + graceMs + afterDrainMs) / 1_000)}
      securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: RuntimeDefault } }
      topologySpreadConstraints:
        - maxSkew: 1
          topologyKey: kubernetes.io/hostname
          whenUnsatisfiable: ScheduleAnyway
          labelSelector:
            matchLabels: { app.kubernetes.io/name: ${name} }
      containers:
        - name: ${name}
          image: ${system.name}/${name}:${version}
          ports:
${block(ports, 12)}
          env:
${block(environmentOf(system, name), 12)}
          # Until it has started, nobody asks whether it lives.
          startupProbe: { httpGet: { path: /health, port: http }, periodSeconds: 1, failureThreshold: 60 }
          # One that leaves says 503 at once, and gets no new requests.
          readinessProbe: { httpGet: { path: /health, port: http }, periodSeconds: 2, timeoutSeconds: 2, failureThreshold: 2 }
          # Only whether it still answers: /health is 503 while it ails or leaves, and that is no reason to kill it.
          livenessProbe: { httpGet: { path: /health/live, port: http }, periodSeconds: 10, timeoutSeconds: 10, failureThreshold: 3 }
          resources:
            requests: { cpu: 100m, memory: ${Math.ceil(maxMemoryMb / 2)}Mi }
            limits: { memory: ${maxMemoryMb}Mi }
          securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: [ALL] } }
          volumeMounts: [{ name: tmp, mountPath: /tmp }]
      volumes: [{ name: tmp, emptyDir: {} }]
`;
}

function drainOf(system: System, name: string) {
  return { ...usualDrain, ...productionVariablesOf(system, name).drain };
}

function environmentOf(system: System, name: string): string[] {
  const { values, secrets } = productionVariablesOf(system, name);
  const { noticeMs, graceMs } = drainOf(system, name);
  const drain = { DRAIN_NOTICE_MS: String(noticeMs), DRAIN_GRACE_MS: String(graceMs) };
  const all = Object.entries({ ...drain, ...values }).filter(([variable]) => !secrets.includes(variable));
  const addresses = new Set(Object.values(addressVariables));
  return [
    ...(system.discovery === "dns" ? findByDns(system) : findByConsul),
    // Kubernetes puts other variables in the place of "$(NAME)", and one dollar in the place of two.
    ...all.map(([variable, value]) => `- { name: ${variable}, value: ${quoted(value.replaceAll("$", "$$$$"))} }`),
    ...secrets.map((variable) => {
      // The service itself says which of its secrets it can't do without; of addresses we know it.
      const optional = addresses.has(variable) ? "" : ", optional: true";
      return `- { name: ${variable}, valueFrom: { secretKeyRef: { name: ${system.name}-secrets, key: ${variable}${optional} } } }`;
    }),
  ];
}

const findByConsul: readonly string[] = [
  "# Consul's agent of this node; it asks for /health, and knows this pod by its address.",
  "- { name: NODE_ADDRESS, valueFrom: { fieldRef: { fieldPath: status.hostIP } } }",
  "- { name: ADVERTISE_HOST, valueFrom: { fieldRef: { fieldPath: status.podIP } } }",
  '- { name: CONSUL_HTTP_ADDR, value: "http://$(NODE_ADDRESS):8500" }',
];

function findByDns({ services }: System): readonly string[] {
  const targets = Object.keys(services).filter((name) => services[name]?.microservicePort !== undefined);
  return [
    "# Others are found by their headless Services, and say themselves what they are.",
    "- { name: NAMESPACE, valueFrom: { fieldRef: { fieldPath: metadata.namespace } } }",
    "- { name: ADVERTISE_HOST, valueFrom: { fieldRef: { fieldPath: status.podIP } } }",
    "- { name: DISCOVERY, value: dns }",
    `- { name: DISCOVERY_NAME, value: "_http._tcp.${headlessName("{target}")}.$(NAMESPACE).svc.cluster.local" }`,
    `- { name: DISCOVERY_TARGETS, value: ${quoted(targets.join(","))} }`,
  ];
}

function headlessName(name: string): string {
  return `${name}-instances`;
}

function headlessService(system: System, name: string, { httpPort }: SystemService): string {
  return `apiVersion: v1
kind: Service
metadata:
  name: ${headlessName(name)}
  labels: { app.kubernetes.io/name: ${name}, app.kubernetes.io/part-of: ${system.name} }
spec:
  # Every pod that is ready, by SRV records: for callers, who choose one themselves.
  clusterIP: None
  selector: { app.kubernetes.io/name: ${name} }
  ports: [{ name: http, port: ${httpPort}, targetPort: http }]
`;
}

function endpoint(system: System, name: string, { httpPort }: SystemService): string {
  return `apiVersion: v1
kind: Service
metadata:
  name: ${name}
  labels: { app.kubernetes.io/name: ${name}, app.kubernetes.io/part-of: ${system.name} }
spec:
  # For REST. Calls between services go to the instances themselves, which ${system.discovery === "dns" ? "a headless Service names" : "Consul knows"}.
  selector: { app.kubernetes.io/name: ${name} }
  ports: [{ name: http, port: ${httpPort}, targetPort: http }]
`;
}

function autoscaler(name: string, { instances }: SystemService): string {
  const least = Math.max(2, instances === "max" ? 2 : instances);
  return `apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: ${name}
spec:
  scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: ${name} }
  # Two at least, so that one can leave.
  minReplicas: ${least}
  maxReplicas: ${least * 5}
  metrics:
    - type: Resource
      resource: { name: cpu, target: { type: Utilization, averageUtilization: 70 } }
`;
}

function disruptionBudget(name: string): string {
  return `apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: ${name}
spec:
  maxUnavailable: 1
  selector:
    matchLabels: { app.kubernetes.io/name: ${name} }
`;
}

function networkPolicy(system: System, name: string, service: SystemService): string {
  const own = `{ podSelector: { matchLabels: { app.kubernetes.io/part-of: ${system.name} } } }`;
  const ports = [service.httpPort, ...(service.microservicePort ? [service.microservicePort] : [])];
  const listed = ports.map((port) => `{ protocol: TCP, port: ${port} }`).join(", ");
  const isEdge = system.edge?.service === name;
  return `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: ${name}
spec:
  podSelector:
    matchLabels: { app.kubernetes.io/name: ${name} }
  policyTypes: [Ingress]
  ingress:
    ${
      isEdge
        ? `# Whoever reaches it, for REST.\n    - ports: [{ protocol: TCP, port: ${service.httpPort} }]`
        : `# The system's own services. Probes come from the node itself, which no policy keeps away.\n    - from: [${own}]\n      ports: [${listed}]${system.discovery === "dns" ? "" : consulsAgents(service.httpPort)}`
    }
`;
}

function consulsAgents(httpPort: number): string {
  return `
    # Consul's agents, which ask for /health, are pods too, as consul-values.yaml installs them.
    - from:
        - namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: consul } }
          podSelector: { matchLabels: { app: consul, component: client } }
      ports: [{ protocol: TCP, port: ${httpPort} }]`;
}
