// npm run proof -- NAME [args]: runs a long proof; without a name it lists them. A proof is a file
// packages/framework/bench/proofs/NAME.mjs that exports `summary` and `run(args)`. `run` prints what it does and gives
// `{ ok, …figures }`, which is printed as the last line, as JSON. The exit code is 0 when `ok`.
import { benchModules, listOf, prepareBench } from "./bench-setup.mjs";
import { expectNodeVersion } from "./node-version.mjs";

expectNodeVersion();
const [wanted, ...args] = process.argv.slice(2);
const proofs = await benchModules("proofs");
const chosen = proofs.find(({ name }) => name === wanted);

if (wanted === undefined) {
  console.log("npm run proof -- NAME [args]\n");
  console.log(listOf(proofs) || "  (none yet)");
} else if (!chosen) {
  console.error(`there is no proof named ${wanted}; there are:\n${listOf(proofs) || "  (none yet)"}`);
  process.exitCode = 1;
} else {
  prepareBench();
  const result = await chosen.module.run(args).catch((error) => {
    console.error(error);
    return { ok: false, error: error.message };
  });
  process.exitCode = result.ok ? 0 : 1;
  console.log(JSON.stringify(result));
}
