import Module from "node:module";
import { PassThrough } from "node:stream";
import { expect, it, onTestFinished } from "vitest";
import { createLog, type LogOptions } from "./create-log.js";

const identity = { service: "shop", version: "1.2.0", instance: "shop@0f8d2f5e-1111-4222-8333-123456789abc" };
const isoTime = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);

function logTo(options: LogOptions) {
  const stream = new PassThrough({ encoding: "utf8" });
  const nextLine = async () => String((await stream[Symbol.asyncIterator]().next()).value);
  return { log: createLog(identity, { ...options, stream }), nextLine, stream };
}

/** Loading `name` fails until the test has ended, as it does when no more files can be opened. */
function breakLoadingOf(name: string): void {
  const loader = Module as unknown as { _load(request: string, ...rest: unknown[]): unknown };
  const load = loader._load;
  loader._load = (request, ...rest) => {
    if (request === name) throw Object.assign(new Error("too many open files"), { code: "EMFILE" });
    return load(request, ...rest);
  };
  onTestFinished(() => {
    loader._load = load;
  });
}

it("writes a line of JSON with who writes and what was said", async () => {
  const { log, nextLine } = logTo({ format: "json" });
  log.info("it begins", { tx: "abc", port: 3000 });
  expect(JSON.parse(await nextLine())).toEqual({
    ...{ time: isoTime, level: "info", message: "it begins", ...identity },
    ...{ tx: "abc", port: 3000 },
  });
});

it("writes an error with code, reason and stack", async () => {
  const { log, nextLine } = logTo({ format: "json" });
  log.error("it fails", { err: Object.assign(new Error("no"), { code: "not_found", reason: "no_user" }) });
  const { err } = JSON.parse(await nextLine()) as { err: unknown };
  expect(err).toEqual({
    ...{ message: "no", code: "not_found", reason: "no_user" },
    stack: expect.stringContaining("create-log.test.ts"),
  });
});

it("writes for people on one line", async () => {
  const { log, nextLine } = logTo({ format: "pretty", color: false });
  log.warn("it sways", { tx: "0123456789abcdef", by: 2 });
  expect(await nextLine()).toMatch(/^[\d:.]{12} warn {2}shop@1\.2\.0 0f8d2f5e 01234567 it sways \{"by":2\}\n$/);
});

it("writes nothing below its level", () => {
  const { log, stream } = logTo({ level: "warn" });
  log.debug("how it goes");
  log.info("it goes");
  expect(stream.read()).toBeNull();
});

it("has its say even when winston can't be loaded any more", async () => {
  breakLoadingOf("winston");
  const { log, nextLine } = logTo({ format: "json" });
  log.error("no more files can be opened");
  expect(JSON.parse(await nextLine())).toMatchObject({ level: "error", message: "no more files can be opened" });
});
