#!/usr/bin/env node
import { runCli } from "../dist/devtools/index.js";

process.exitCode = await runCli(process.argv.slice(2), { out: console.log, err: console.error });
