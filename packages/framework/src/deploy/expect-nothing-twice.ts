import { badOption } from "../core/index.js";
import type { CompleteSystem } from "./system-schema.js";
import { addressVariables } from "./variables.js";

type Services = CompleteSystem["services"];
type Environment = CompleteSystem["environment"];
type Needs = Services[string]["needs"];

/**
 * A manifest must not say again what its other fields say, or what generated files say themselves: they would hold it twice.
 * @throws VastifyError `invalid_argument`, reason `bad_option`
 */
export function expectNothingTwice({ services, environment, discovery }: CompleteSystem): void {
  const everyNeed = Object.values(services).flatMap(({ needs }) => needs);
  expectNewVariables("environment", environment, everyNeed, discovery);
  for (const [name, service] of Object.entries(services)) {
    if (isTaken(name, services)) throw badOption("services", name, "names that generated files have nothing else for");
    expectNewVariables(`services.${name}.environment`, service.environment, service.needs, discovery);
  }
}

function expectNewVariables(
  where: string,
  environment: Environment,
  needs: Needs,
  discovery: CompleteSystem["discovery"],
): void {
  const addresses: readonly string[] = needs.map((need) => addressVariables[need]);
  for (const [variable, { value, production, secret }] of Object.entries(environment)) {
    const hasValue = value !== undefined || production !== undefined;
    if (hasValue && addresses.includes(variable))
      throw badOption(where, variable, "without values for what needs names; they are set where the system is started");
    const instead = hasValue || secret ? saidBy[discovery][variable] : undefined;
    if (instead) throw badOption(where, variable, `without what ${instead}`);
  }
}

const ports = { HTTP_PORT: "httpPort says", MICROSERVICE_PORT: "microservicePort says" };
const ownToHosts = {
  CONSUL_HTTP_ADDR: "is set where the system is started; containers have a Consul of their own",
  ADVERTISE_HOST: "is set on each host; containers have addresses of their own",
};

/** Who says a variable in place of the environment. */
const saidBy: Readonly<Record<CompleteSystem["discovery"], Readonly<Record<string, string>>>> = {
  consul: { ...ports, ...ownToHosts, NODE_ADDRESS: "Kubernetes says of the node" },
  dns: {
    ...{ ...ports, ...ownToHosts, NAMESPACE: "Kubernetes says of the pod" },
    ...{ DISCOVERY: "discovery says", DISCOVERY_NAME: "discovery says", DISCOVERY_TARGETS: "discovery says" },
  },
};

/** Of the servers and volumes in compose, the stages of the Dockerfile, and the files for Kubernetes. */
const namesOfFiles: ReadonlySet<string> = new Set([
  ...["consul", "nginx", ...Object.keys(addressVariables)],
  ...["manifests", "build", "runtime"],
  ...["kustomization", "consul-values"],
]);

function isTaken(name: string, services: Services): boolean {
  // A service has a stage with its modules, and a headless Service.
  const other = /^(.+)-(modules|instances)$/.exec(name)?.[1];
  return namesOfFiles.has(name) || (other !== undefined && Object.hasOwn(services, other));
}
