import {
  badOption,
  type Check,
  type ErrorCode,
  fields,
  isErrorCode,
  list,
  type Message,
  milliseconds,
  share,
  text,
  VastifyError,
  yesOrNo,
} from "../core/index.js";
import { expectPattern, type MessagePattern, matchesPattern } from "./policy/message-pattern.js";

/** Faults on demand for the calls to a target, as read from Consul's `vastify/chaos/<target>`. */
export interface Chaos {
  /** When it ends, in milliseconds since 1970. */
  readonly untilMs: number;
  readonly faults: readonly FaultRule[];
}

interface FaultRule {
  /** @default every message */
  readonly pattern?: MessagePattern;
  /** Which share of the messages it strikes, from 0 to 1. @default 1 */
  readonly share?: number;
  /** In milliseconds. @default 0 */
  readonly latencyMs?: number;
  /** Up to so much more latency, in milliseconds, evenly spread. @default 0 */
  readonly jitterMs?: number;
  readonly error?: InjectedError;
  /** The call gets no answer and runs into its deadline. @default false */
  readonly drop?: boolean;
}

interface InjectedError {
  readonly code: ErrorCode;
  /** @default "injected" */
  readonly reason?: string;
  readonly message?: string;
}

/** What is to be done to a call: made late, failed (late), or never answered. */
export type Fault =
  | { readonly kind: "delay"; readonly delayMs: number }
  | { readonly kind: "fail"; readonly delayMs: number; readonly error: VastifyError }
  | { readonly kind: "drop" };

export interface ChaosClock {
  /** The time of day, in milliseconds since 1970. @default Date.now */
  now?: () => number;
  /** @default Math.random */
  random?: () => number;
}

// Chaos that somebody forgets ends by itself.
const longestMs = 24 * 60 * 60 * 1_000;

/**
 * Checks a document of faults. One that is over is no error: it stays in Consul until somebody deletes it.
 * @param options.where what errors call it, such as `chaos.account-server`
 * @throws VastifyError `invalid_argument`, reason `bad_option`: for a field that is wrong or unknown, by its path
 */
export function readChaos(doc: unknown, options: ChaosClock & { where: string }): Chaos {
  const { where, now = Date.now } = options;
  const { until, faults = [] } = expectChaos(doc, where);
  const untilMs = until ?? Number.NaN;
  if (!(untilMs - now() <= longestMs)) throw badOption(`${where}.until`, shownTime(until), expectedTime);
  return Object.freeze({ untilMs, faults: Object.freeze(faults) });
}

/** The first fault that is meant for the message and strikes it. None after the chaos has ended. */
export function faultFor(chaos: Chaos, message: Message, options: ChaosClock = {}): Fault | undefined {
  const { now = Date.now, random = Math.random } = options;
  if (now() >= chaos.untilMs) return undefined;
  for (const rule of chaos.faults) {
    if (rule.pattern !== undefined && !matchesPattern(rule.pattern, message)) continue;
    if (rule.share === undefined || random() < rule.share) return strike(rule, random);
  }
  return undefined;
}

function strike({ latencyMs = 0, jitterMs = 0, error, drop }: FaultRule, random: () => number): Fault {
  if (drop) return { kind: "drop" };
  const delayMs = latencyMs + (jitterMs === 0 ? 0 : random() * jitterMs);
  return error === undefined ? { kind: "delay", delayMs } : { kind: "fail", delayMs, error: injectedError(error) };
}

function injectedError({
  code,
  reason,
  message = "this call was made to fail on purpose",
}: InjectedError): VastifyError {
  return new VastifyError(code, message, { reason: reason ?? "injected" });
}

const expectedTime = "a time at most 24 hours ahead with its zone, such as 2026-11-21T16:00:00Z";

function shownTime(untilMs: number | undefined): string | undefined {
  return untilMs === undefined ? undefined : new Date(untilMs).toISOString();
}

// Without a zone it would be another moment on each host.
const timeShape = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/;

const expectTime: Check<number> = (value, where) => {
  const ms = typeof value === "string" && timeShape.test(value) ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(ms)) throw badOption(where, value, expectedTime);
  return ms;
};

const expectInjectedError: Check<InjectedError> = (value, where) => {
  const { code, ...rest } = fields<InjectedError>({
    code: (given, path) => {
      if (isErrorCode(given)) return given;
      throw badOption(path, given, "one of the error codes, such as unavailable");
    },
    reason: text,
    message: text,
  })(value, where);
  if (code === undefined) throw badOption(`${where}.code`, code, "one of the error codes, such as unavailable");
  return { code, ...rest };
};

const expectFault: Check<FaultRule> = (value, where) => {
  const fault = expectFaultFields(value, where);
  const { latencyMs, jitterMs, error, drop } = fault;
  const answers = latencyMs !== undefined || jitterMs !== undefined || error !== undefined;
  if (answers === (drop === true))
    throw badOption(where, JSON.stringify(value), "a drop, or else latency, an error or both");
  return Object.freeze(fault);
};

const expectFaultFields = fields<FaultRule>({
  pattern: expectPattern,
  share,
  latencyMs: milliseconds(0),
  jitterMs: milliseconds(0),
  error: expectInjectedError,
  drop: yesOrNo,
});

const expectChaos = fields<{ until: number; faults: readonly FaultRule[] }>({
  until: expectTime,
  faults: list(expectFault),
});
