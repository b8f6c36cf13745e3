import type { Message, RequestHeaders } from "../core/index.js";
import type { Dispatcher, ExplainedAction } from "../dispatch/index.js";
import type { RouteExplanation, Router } from "../routing/index.js";

/** Why a call goes where it goes. */
export interface Explanation {
  /** The action of this process that would run, if the call stays here. */
  readonly action: ExplainedAction | undefined;
  /** How the call would be routed to another process, if it leaves. */
  readonly route: RouteExplanation | undefined;
}

/** What a call would be explained by, besides its message. */
export interface ExplainOptions {
  /** Of the request that led to it, by their names in lower case: routing rules may look at them. @default none */
  headers?: RequestHeaders;
}

export async function explain(
  dispatcher: Dispatcher,
  router: Router,
  message: Message,
  { headers }: ExplainOptions = {},
): Promise<Explanation> {
  const { action, addressee } = dispatcher.explain(message);
  const route = addressee && (await router.explain(addressee, { message, headers }));
  return { action, route };
}
