// npm run bench -- NAME [--json] [--rounds N] [--quick] [--only figure,…] [--cpu-prof FOLDER]: measures and prints
// figures; without a name it lists the benches. It exits with 0 once it has measured, whatever came out.
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { benchModules, listOf, prepareBench } from "./bench-setup.mjs";
import { expectNodeVersion } from "./node-version.mjs";

expectNodeVersion();
const { values, positionals } = readArguments();
const benches = await benchModules();
const chosen = benches.find(({ name }) => name === positionals[0]);

if (positionals.length === 0) {
  console.log(`npm run bench -- NAME [--json] [--rounds N] [--quick] [--only figure,…] [--cpu-prof FOLDER]\n`);
  console.log(listOf(benches));
} else if (!chosen) {
  refuse(`there is no bench named ${positionals[0]}; there are:\n${listOf(benches)}`);
} else {
  const { module } = chosen;
  const only = values.only?.split(",").map((name) => name.trim()) ?? [];
  const unknown = only.filter((name) => !module.figureNames.includes(name));
  if (unknown.length > 0) refuse(`${chosen.name} has no figure ${unknown}; it has: ${module.figureNames.join(", ")}`);
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1) refuse(`--rounds must be a whole number above 0, got ${values.rounds}`);
  prepareBench();
  const figures = await module.run({
    rounds,
    quick: values.quick,
    only,
    profiles: values["cpu-prof"] && resolve(values["cpu-prof"]),
    progress: (text) => console.error(text),
    print: (text) => console.log(text),
  });
  if (values.json) console.log(JSON.stringify({ figures }));
}

function readArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        json: { type: "boolean", default: false },
        rounds: { type: "string", default: "5" },
        quick: { type: "boolean", default: false },
        only: { type: "string" },
        "cpu-prof": { type: "string" },
      },
    });
  } catch (error) {
    return refuse(error.message);
  }
}

function refuse(why) {
  console.error(why);
  process.exit(1);
}
