import { type Contract, describeContract } from "../../src/contracts/index.js";
import { createActionTable, type ServedAction } from "../../src/web/graphql/action-table.js";

const versionRules = { isRange: () => true, meant: (versions: readonly string[]) => versions };

/** What a gateway serves of contracts whose services are alive, of each target the newest first. */
export function servedActions(contracts: readonly Contract[]): readonly ServedAction[] {
  const table = createActionTable({ versionRules, path: "/graphql" });
  table.update(
    contracts.map((contract) => {
      const { target, version } = contract;
      const routes = Object.values(contract.actions).flatMap(({ name: action, pattern: message, rest }) =>
        rest ? [{ ...rest, message, action }] : [],
      );
      return { target, version, alive: true, description: { ...describeContract(contract), routes } };
    }),
    (target) => contracts.filter((contract) => contract.target === target).map(({ version }) => version),
  );
  return table.actionsFor("");
}
