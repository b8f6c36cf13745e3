import { type GeneratedFile, header } from "../generated-file.js";
import { productionVariablesOf } from "../service-variables.js";
import type { System } from "../system.js";
import { block } from "../yaml.js";

/** `kubectl apply --kustomize deploy/kubernetes` */
export function kustomization(system: System): GeneratedFile {
  const names = Object.keys(system.services);
  const secrets = new Set(names.flatMap((name) => productionVariablesOf(system, name).secrets));
  const literals = [...secrets].map((variable) => `--from-literal=${variable}=…`).join(" ");
  const making = literals
    ? [`kubectl --namespace ${system.name} create secret generic ${system.name}-secrets ${literals}`]
    : [];
  const text = `${header("#", "", `kubectl create namespace ${system.name}`, ...making, "kubectl apply --kustomize deploy/kubernetes")}
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
namespace: ${system.name}
resources:
${block(
  names.map((name) => `- ${name}.yaml`),
  2,
)}
`;
  return { path: "deploy/kubernetes/kustomization.yaml", text };
}

/** For development on a cluster: images are built, put in and followed by \`skaffold dev --filename deploy/skaffold.yaml\`. */
export function skaffoldFile(system: System): GeneratedFile {
  const artifacts = Object.keys(system.services).flatMap((name) => [
    `- image: ${system.name}/${name}`,
    "  context: .",
    `  docker: { dockerfile: deploy/Dockerfile, target: ${name} }`,
  ]);
  // Its paths count from the folder it is called in, not from where the file lies.
  const text = `${header("#", "", "skaffold dev --filename deploy/skaffold.yaml   in the root of the repository")}
apiVersion: skaffold/v4beta11
kind: Config
metadata:
  name: ${system.name}
build:
  local: { push: false, useBuildkit: true }
  artifacts:
${block(artifacts, 4)}
manifests:
  kustomize: { paths: [deploy/kubernetes] }
deploy:
  kubectl: {}
`;
  return { path: "deploy/skaffold.yaml", text };
}
