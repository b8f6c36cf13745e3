import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { z } from "zod";
import { type Message, silentLogger, VastifyError } from "../core/index.js";
import { type LiveSettingsOptions, liveSettings } from "./live-settings.js";

const schema = z.strictObject({
  pageSize: z.int().min(1).max(200).default(50),
  login: z.strictObject({ key: z.string().default("unset") }).prefault({}),
});

type Reply = { readonly revision: string; readonly index: number; readonly document?: unknown } | VastifyError;

/** Settings whose config-server says what a test tells it to say, question by question. */
function follow(options: Partial<LiveSettingsOptions<typeof schema>> = {}) {
  const lines: string[] = [];
  const log = {
    ...silentLogger,
    info: (message: string) => void lines.push(`info: ${message}`),
    warn: (message: string) => void lines.push(`warn: ${message}`),
  };
  const questions: Message[] = [];
  const open: ((reply: Reply) => void)[] = [];
  const settings = liveSettings({
    name: "shop",
    schema,
    pause: () => Promise.resolve(),
    firstAnswerMs: 60_000,
    ...options,
  });
  const act = (message: Message, { signal }: { signal?: AbortSignal } = {}) =>
    new Promise((resolve, reject) => {
      questions.push(message);
      signal?.addEventListener("abort", () => reject(new VastifyError("canceled", "given up")));
      open.push((reply) => (reply instanceof VastifyError ? reject(reply) : resolve({ name: "shop", ...reply })));
    });
  const start = () => settings.start({ log, signal: new AbortController().signal, act });
  onTestFinished(() => settings.stop());
  return {
    settings,
    lines,
    questions,
    start,
    /** Answers the open question, and returns once the next one is asked. */
    async reply(reply: Reply) {
      const asked = questions.length;
      open.at(-1)?.(reply);
      while (questions.length === asked) await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

/** Where first answers don't matter. */
const atOnce = { pause: () => Promise.resolve() };

function temporaryFile(): string {
  const folder = mkdtempSync(join(tmpdir(), "vastify-settings-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, "settings.json");
}

describe("live settings", () => {
  it("are the schema's defaults until something is written", async () => {
    const { settings, start, reply } = follow(atOnce);
    expect(settings.value).toEqual({ pageSize: 50, login: { key: "unset" } });
    await start();
    await reply({ revision: "none", index: 3 });
    expect(settings.value.pageSize).toBe(50);
    expect(settings.health?.()).toEqual({ ok: true, source: "config-server", revision: "none", index: 3 });
  });

  it("are taken over as they change, and asked for by what is known", async () => {
    const { settings, start, reply, questions } = follow(atOnce);
    const heard: number[] = [];
    settings.onChange((value, before) => heard.push(before.pageSize, value.pageSize));
    await start();
    await reply({ revision: "a", index: 4, document: { pageSize: 20 } });
    expect(settings.value.pageSize).toBe(20);
    await reply({ revision: "b", index: 6, document: { pageSize: 30 } });
    expect(heard).toEqual([50, 20, 20, 30]);
    expect(questions[0]).toEqual({ $$target: "config-server", cmd: "watch", name: "shop", waitMs: 25_000 });
    expect(questions.at(-1)).toMatchObject({ revision: "b", index: 6 });
  });

  it("are frozen", async () => {
    const { settings } = follow();
    expect(() => Object.assign(settings.value.login, { key: "mine" })).toThrow(TypeError);
  });

  it("go back to the defaults with their document", async () => {
    const { settings, start, reply } = follow(atOnce);
    await start();
    await reply({ revision: "a", index: 4, document: { pageSize: 20 } });
    await reply({ revision: "none", index: 5 });
    expect(settings.value.pageSize).toBe(50);
  });

  it("leave one line for each change, with fields and the index, and without values", async () => {
    const { start, reply, lines } = follow(atOnce);
    await start();
    await reply({ revision: "a", index: 4, document: { pageSize: 20, login: { key: "hunter2" } } });
    await reply({ revision: "a", index: 9, document: { pageSize: 20, login: { key: "hunter2" } } });
    await reply({ revision: "b", index: 10, document: { pageSize: 20, login: { key: "hunter3" } } });
    expect(lines).toEqual([
      "info: the settings shop changed: login.key, pageSize",
      "info: the settings shop changed: login.key",
    ]);
  });

  it("refuse a document that the schema refuses, say where, and stay as they were", async () => {
    const { settings, start, reply, lines } = follow(atOnce);
    await start();
    await reply({ revision: "a", index: 4, document: { pageSize: 20 } });
    await reply({ revision: "b", index: 5, document: { pageSize: 0 } });
    expect(settings.value.pageSize).toBe(20);
    expect(lines.at(-1)).toMatch(
      /^warn: the settings shop of index 5 are refused, the last good ones stay: pageSize: .*1/,
    );
    expect(settings.health?.()).toMatchObject({ ok: true, refused: "pageSize" });
    const told = lines.length;
    await reply({ revision: "b", index: 5, document: { pageSize: 0 } });
    expect(lines.length).toBe(told);
    await reply({ revision: "c", index: 6, document: { pagesize: 10 } });
    expect(lines.at(-1)).toContain("pagesize");
    expect(settings.health?.()).toMatchObject({ refused: "the document" });
    await reply({ revision: "d", index: 7, document: { pageSize: 10 } });
    expect(settings.health?.()).not.toHaveProperty("refused");
  });

  it("stay while config-server is away, which is told once, and so is its return", async () => {
    const { settings, start, reply, lines } = follow(atOnce);
    const gone = new VastifyError("unavailable", "nobody there", { reason: "no_instances" });
    await start();
    await reply({ revision: "a", index: 4, document: { pageSize: 20 } });
    for (let failures = 0; failures < 4; failures++) await reply(gone);
    expect(settings.value.pageSize).toBe(20);
    await reply({ revision: "b", index: 5, document: { pageSize: 30 } });
    expect(lines.slice(1)).toEqual([
      "warn: the settings shop can't be asked for; those known stay: nobody there",
      "info: config-server tells the settings shop again",
      "info: the settings shop changed: pageSize",
    ]);
  });

  it("tell each reason once for which config-server has no answer", async () => {
    const { start, reply, lines } = follow(atOnce);
    const gone = new VastifyError("unavailable", "nobody there", { reason: "no_instances" });
    const unreadable = new VastifyError("failed_precondition", "it is not JSON", { reason: "settings_unreadable" });
    await start();
    for (const error of [gone, gone, gone, unreadable, unreadable, gone]) await reply(error);
    expect(lines).toEqual([
      "warn: the settings shop can't be asked for; those known stay: nobody there",
      "warn: the settings shop can't be asked for; those known stay: it is not JSON",
    ]);
  });

  it("take no answer that is none", async () => {
    const { settings, start, reply } = follow(atOnce);
    await start();
    await reply({ revision: 7, codes: {} } as unknown as Reply);
    expect(settings.value.pageSize).toBe(50);
  });

  it("are there once the start is over, if config-server answers", async () => {
    const settings = liveSettings({ name: "shop", schema, pause: () => new Promise(() => {}) });
    const act = async () => ({ name: "shop", revision: "a", index: 1, document: { pageSize: 7 } });
    await settings.start({ log: silentLogger, signal: new AbortController().signal, act });
    expect(settings.value.pageSize).toBe(7);
  });

  it("do not hold a start up where no config-server was ever registered", async () => {
    const settings = liveSettings({ name: "shop", schema, pause: () => new Promise(() => {}) });
    const act = async () => {
      throw new VastifyError("not_found", "no such target", { reason: "no_target" });
    };
    await settings.start({ log: silentLogger, signal: new AbortController().signal, act });
    expect(settings.value.pageSize).toBe(50);
  });
});

describe("a snapshot of live settings", () => {
  it("keeps the last good document for a start without config-server, and from other users", async () => {
    const snapshot = temporaryFile();
    const first = follow({ snapshot, ...atOnce });
    await first.start();
    await first.reply({ revision: "a", index: 4, document: { pageSize: 20 } });
    await first.reply({ revision: "b", index: 5, document: { pageSize: 0 } });
    await first.settings.stop();
    expect(statSync(snapshot).mode & 0o777).toBe(0o600);
    const second = follow({ snapshot, ...atOnce });
    await second.start();
    expect(second.settings.value.pageSize).toBe(20);
    expect(second.settings.health?.()).toMatchObject({ source: "snapshot", index: 4 });
    expect(second.questions[0]).not.toHaveProperty("revision");
  });

  it.each([
    ["{", "it is no file of settings"],
    ["{}", "it is no file of settings"],
    [
      JSON.stringify({
        format: "vastify-settings",
        savedAt: "2026-01-01T00:00:00Z",
        name: "other",
        revision: "",
        index: 1,
      }),
      "they are those of other",
    ],
  ])("that can't be used is told of and left alone: %s", async (text, why) => {
    const snapshot = temporaryFile();
    writeFileSync(snapshot, text);
    const { start, settings, lines } = follow({ snapshot, ...atOnce });
    await start();
    expect(settings.value.pageSize).toBe(50);
    expect(lines[0]).toBe(`warn: the settings kept in ${snapshot} are ignored: ${why}`);
    expect(readFileSync(snapshot, "utf8")).toBe(text);
  });
});

it.each([
  [
    { schema: z.object({ needed: z.string() }) },
    /schema of the settings shop must be one that gives each field a default/,
  ],
  [{ schema: {} }, /schema must be/],
  [{ schema, name: "a/b" }, /name must be/],
  [{ firstAnswerMs: -1, schema }, /firstAnswerMs must be/],
])("settings that can't be right are refused: %#", (options, message) => {
  expect(() => liveSettings({ name: "shop", ...options } as unknown as LiveSettingsOptions<typeof schema>)).toThrow(
    message,
  );
});
