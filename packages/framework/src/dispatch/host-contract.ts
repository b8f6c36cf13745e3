import {
  type ActionContext,
  type Contract,
  type ContractAction,
  checkValue,
  headersOf,
  type Implementation,
  inputOf,
} from "../contracts/index.js";
import { type Logger, letGo, type Message, VastifyError } from "../core/index.js";
import { type ActionCaching, type RunAction, withCaching } from "./action-caching.js";
import { type ActionContextOptions, SenecaContext } from "./action-context.js";
import { hostSocket } from "./host-socket.js";
import type { Seneca, SenecaAction } from "./seneca-types.js";

export interface HostContractOptions {
  readonly log: Logger;
  /** Whether a contract is kept by this very process. */
  isHere(contract: Contract): boolean;
  /** Where outputs are kept whose actions say so. @default nowhere */
  readonly caching?: ActionCaching | undefined;
}

/** Adds a contract's actions to Seneca: messages are checked on their way in, results on their way out. */
export function hostContract(seneca: Seneca, implementation: Implementation, options: HostContractOptions): void {
  for (const action of Object.values(implementation.contract.actions)) {
    const { pattern, access, timeoutMs } = action;
    const directives = {
      ...(access.level === "private" && { private$: true }),
      ...(timeoutMs !== undefined && { timeout$: timeoutMs }),
    };
    seneca.add({ ...pattern, ...directives }, contractHandler(action, implementation, options));
  }
}

/** One parameter: it returns its result, or a promise of it. */
function contractHandler(
  action: ContractAction,
  { contract, handlers, options }: Implementation,
  { log, isHere, caching }: HostContractOptions,
): SenecaAction {
  const of = `${contract.target}.${action.name}`;
  const handle = handlers[action.name] as (input: unknown, context: ActionContext) => unknown;
  const context: ActionContextOptions = { action: of, log, headersOf: headersOf(action), isHere };
  const read = inputOf(action);
  const checkInput = options.input === "trust" ? (input: unknown) => input : checkerOf(action.input, of, "input");
  const checkOutput =
    options.output === "trust" ? (output: unknown) => output : outputChecker(action, of, options.output, log);
  const run: RunAction = action.socket
    ? hostSocket(handlers[action.name] as Implementation["handlers"][string], { of, rules: action.socket, context })
    : (seneca, message, input) => {
        const given = handle(input, new SenecaContext(seneca, message, context));
        return given instanceof Promise ? given.then(checkOutput) : checkOutput(given);
      };
  const answer = caching ? withCaching(run, { contract, action, caching, log }) : run;

  return function (this: Seneca, message: Message): unknown {
    const input = checkInput(read(message));
    return input instanceof Promise
      ? input.then((later: unknown) => answer(this, message, later))
      : answer(this, message, input);
  };
}

function checkerOf(schema: ContractAction["input"], of: string, side: "input" | "output") {
  const checked = { of, side };
  return (value: unknown): unknown => checkValue(schema, value, checked);
}

/** Checks an output; what it says of its HTTP answer is put aside meanwhile. */
function outputChecker(action: ContractAction, of: string, whenBad: "refuse" | "log", log: Logger) {
  const strict = checkerOf(action.output, of, "output");
  const check = whenBad === "refuse" ? refusing(strict) : tolerant(strict, log);
  return (given: unknown): unknown => {
    if (typeof given !== "object" || given === null || !("http$" in given)) return check(given);
    const { http$, ...output } = given;
    const checked = check(output);
    const join = (value: unknown): unknown => ({ ...(value as object | undefined), http$ });
    return checked instanceof Promise ? checked.then(join) : join(checked);
  };
}

type Check = (value: unknown) => unknown;

/** Nobody will read the streams of a bad output. */
function refusing(check: Check): Check {
  return catching(check, (thrown, given) => {
    letGo(given);
    throw thrown;
  });
}

/** Gives a bad output all the same, and says so once: the same fault would fill the log. */
function tolerant(check: Check, log: Logger): Check {
  let isSaid = false;
  return catching(check, (thrown, given) => {
    if (!VastifyError.is(thrown) || thrown.reason !== "bad_output") throw thrown;
    if (!isSaid) log.warn(thrown.message);
    isSaid = true;
    return given;
  });
}

/** A check that may fail at once or later, and what comes of it then. */
function catching(check: Check, failed: (thrown: unknown, given: unknown) => unknown): Check {
  return (given) => {
    try {
      const checked = check(given);
      return checked instanceof Promise ? checked.catch((thrown: unknown) => failed(thrown, given)) : checked;
    } catch (thrown) {
      return failed(thrown, given);
    }
  };
}
