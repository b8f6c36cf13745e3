import { isDeepStrictEqual } from "node:util";
import { isSchema, type OutputOf, type Schema } from "../contracts/index.js";
import {
  backoffMs,
  badOption,
  createGate,
  createListeners,
  delay,
  expectTargetName,
  type Logger,
  type Part,
  type PartContext,
  silentLogger,
  VastifyError,
} from "../core/index.js";
import { changedPaths } from "./changed-paths.js";
import { checkSettings, expectDefaults } from "./checked-settings.js";
import { type SettingsAnswer, settingsAnswerShape } from "./settings-answer.js";
import { createSettingsFile } from "./settings-file.js";

export interface LiveSettingsOptions<S extends Schema> {
  /** What the document is called, usually the service's name: `settings/<name>` in Consul's KV. */
  name: string;
  /** What the document must be; each field has a default, which counts while nothing is written. */
  schema: S;
  /** A file of this process that keeps the last good document, for a start without config-server. @default none */
  snapshot?: string | undefined;
  /** The target that is asked. @default "config-server" */
  configServer?: string;
  /** How long the start waits for the first answer, in milliseconds, before it goes on without. @default 2_000 */
  firstAnswerMs?: number;
  /** @default delay */
  pause?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** Settings that operators change while the service runs. A part: give it to the service whose settings they are. */
export interface LiveSettings<Value> extends Part {
  /** What is in force now, frozen. Ask for it anew each time. */
  readonly value: Value;
  /** Called after each change of `value`. Returns how to stop listening. */
  onChange(listener: (value: Value, before: Value) => void): () => void;
}

/** How long config-server may hold a question while nothing changes, in milliseconds. */
const waitMs = 25_000;
/** What an answer may take beyond that. */
const graceMs = 5_000;
/** No config-server, or no Consul behind it: waiting for an answer would hold up every start of such a system. */
const notComing: ReadonlySet<string | undefined> = new Set(["no_target", "no_registry"]);
/** Between an answer and the next question, so that answers that contradict each other keep nobody busy. */
const leastPauseMs = 50;

/**
 * Follows a document in Consul's KV through config-server. One that the schema refuses is warned of and the last good one
 * stays; so it does while config-server or Consul are away. Each change is one line in the log, which names fields and
 * never values.
 * @throws VastifyError `invalid_argument`, reason `bad_option`
 */
export function liveSettings<S extends Schema>(options: LiveSettingsOptions<S>): LiveSettings<OutputOf<S>> {
  const { schema, configServer = "config-server", firstAnswerMs = 2_000, pause = delay } = options;
  const name = expectTargetName("name", options.name);
  expectTargetName("configServer", configServer);
  if (!isSchema(schema)) throw badOption("schema", schema, "a schema of a library that speaks Standard Schema");
  if (!(firstAnswerMs >= 0)) throw badOption("firstAnswerMs", firstAnswerMs, "a number of milliseconds, 0 or more");
  const file = createSettingsFile(options.snapshot, name);
  const listeners = createListeners<[OutputOf<S>, OutputOf<S>]>();
  const lifetime = new AbortController();
  const answered = createGate();
  let log: Logger = silentLogger;
  let value = expectDefaults(schema, name);
  let source: "defaults" | "snapshot" | "config-server" = "defaults";
  let seen: Pick<SettingsAnswer, "revision" | "index"> | undefined;
  let refused: string | undefined;
  let following: Promise<void> = Promise.resolve();

  /** @returns whether the document is a good one */
  function take({ revision, index, document }: SettingsAnswer): boolean {
    seen = { revision, index };
    const checked = checkSettings(schema, name, document);
    refused = "problem" in checked ? checked.fields.filter(Boolean).join(", ") || "the document" : undefined;
    if ("problem" in checked) {
      log.warn(`the settings ${name} of index ${index} are refused, the last good ones stay: ${checked.problem}`);
      return false;
    }
    const before = value;
    if (isDeepStrictEqual(checked.value, before)) return true;
    value = checked.value;
    log.info(`the settings ${name} changed: ${changedPaths(before, value).join(", ")}`, {
      settings: name,
      revision,
      index,
    });
    listeners.tell(log, value, before);
    return true;
  }

  function loadFile(): void {
    const saved = file.load(log);
    if (!saved) return;
    log.info(`the settings ${name} of ${saved.savedAt} count until ${configServer} answers`);
    if (take(saved)) source = "snapshot";
  }

  async function follow(act: NonNullable<PartContext["act"]>): Promise<void> {
    // The first question is answered at once.
    let known: typeof seen;
    const toldReasons = new Set<string | undefined>();
    for (let failures = 0; !lifetime.signal.aborted; ) {
      const message = { $$target: configServer, cmd: "watch", name, waitMs, ...known };
      const call = { timeoutMs: waitMs + graceMs, signal: lifetime.signal, idempotent: true };
      try {
        const answer = readAnswer(await act(message, call), configServer);
        if (failures > 1) log.info(`${configServer} tells the settings ${name} again`);
        failures = 0;
        toldReasons.clear();
        if (answer.revision === seen?.revision) seen = { revision: answer.revision, index: answer.index };
        else if (take(answer)) file.save(answer, log);
        if (refused === undefined) source = "config-server";
        known = seen;
        answered.open();
        await pause(leastPauseMs, lifetime.signal);
      } catch (thrown) {
        if (lifetime.signal.aborted) return;
        failures += 1;
        const error = VastifyError.from(thrown);
        if (notComing.has(error.reason)) answered.open();
        // One that leaves fails a question once.
        const isToTell = failures > 1 && !toldReasons.has(error.reason);
        if (isToTell) toldReasons.add(error.reason);
        log[isToTell ? "warn" : "debug"](`the settings ${name} can't be asked for; those known stay: ${error.message}`);
        await pause(100 + backoffMs(failures, { maxMs: 5_000 }), lifetime.signal);
      }
    }
  }

  return {
    name: `settings ${name}`,
    get value() {
      return value;
    },
    onChange: listeners.add,
    async start(context) {
      if (!context.act) throw badOption(`the starter of the settings ${name}`, "none", "a service, in its parts");
      log = context.log;
      loadFile();
      following = follow(context.act);
      await Promise.race([answered.opened, pause(firstAnswerMs, context.signal)]);
    },
    leave: () => lifetime.abort(),
    async stop() {
      lifetime.abort();
      await following;
      await file.stop();
    },
    health: () => ({ ok: true, source, ...seen, ...(refused !== undefined && { refused }) }),
  };
}

/** @throws VastifyError `internal`, reason `bad_output` */
function readAnswer(answer: unknown, configServer: string): SettingsAnswer {
  const parsed = settingsAnswerShape.safeParse(answer);
  if (parsed.success) return parsed.data;
  const text = `${configServer} does not answer cmd:watch as it should; it may be an older one`;
  throw new VastifyError("internal", text, { reason: "bad_output" });
}
