import { type Message, VastifyError } from "../core/index.js";
import { keysBesideArgs } from "./action-args.js";
import type { DescribedRoute } from "./published-routes.js";

/** A route as one version of a target publishes it. */
export interface OfferedRoute extends DescribedRoute {
  readonly target: string;
  readonly version: string;
}

/** How versions and ranges are read: by the rules of routing, which knows them. */
export interface VersionRules {
  isRange(text: string): boolean;
  /** Which of `versions` (the newest first) are meant by a range, or by saying nothing. */
  meant(versions: readonly string[], range: string | undefined): readonly string[];
}

/** By which version's route a request is served, and the `$$version` that is asked for. */
export interface ChosenVersion {
  readonly route: OfferedRoute;
  /** Undefined leaves the choice to the target's routing rules. */
  readonly version: string | undefined;
  /** What of the message is the same for all its requests: the keys that choose the action, and whom it is for. */
  readonly addressed: Message;
}

export interface RouteVersionsOptions {
  /** By each version that offers the route, the newest stable one first; at least one. */
  readonly offers: readonly [OfferedRoute, ...OfferedRoute[]];
  /** Every version of the target that is alive, the newest first. */
  readonly alive: readonly string[];
  readonly rules: VersionRules;
}

/**
 * Says which versions of its target a request for a route may go to.
 * @param accepted what the request's `accept-version` asks for: a version or a range; "" when it says nothing
 * @throws VastifyError `invalid_argument` reason `bad_version`, `unavailable` reason `no_version`
 */
export type ChooseVersion = (accepted: string) => ChosenVersion;

/** Longer than any range that a person writes. */
const longestRange = 128;

export function createVersionChoice({ offers, alive, rules }: RouteVersionsOptions): ChooseVersion {
  const [newest] = offers;
  const living = offers.filter(({ version }) => alive.includes(version));
  const usual = usualChoice();

  /** Only a version that is called anyway when nobody asks for one leaves room for weights and canaries. */
  function usualChoice(): ChosenVersion {
    const [called] = rules.meant(alive, undefined);
    const offer = living.find(({ version }) => version === called);
    if (offer) {
      // Weights may send a call to any version alive, so one that does not offer the route alike must be left out.
      const alike = servedLike(offer, living);
      return chosen(offer, alike.length === alive.length ? undefined : versionsOf(alike).join(" || "));
    }
    // Its last version has left; what came after it is about to be described, and most likely offers the same.
    if (living.length === 0) return chosen(newest, undefined);
    return chosen(newest, newest.version);
  }

  return (accepted) => {
    if (accepted === "") return usual;
    if (accepted.length > longestRange || !rules.isRange(accepted)) throw badRange(accepted);
    // That nobody is alive is for routing to say.
    if (alive.length === 0) return usual;
    const meant = rules.meant(alive, accepted);
    const [first, ...others] = living.filter(({ version }) => meant.includes(version));
    if (!first) throw noVersion(accepted, newest, versionsOf(living));
    const alike = servedLike(first, [first, ...others]);
    // Not the text of the request, which could be another one each time: routing remembers ranges.
    return chosen(first, versionsOf(alike).join(" || "));
  };
}

function chosen(route: OfferedRoute, version: string | undefined): ChosenVersion {
  const keys = keysBesideArgs(route.message);
  const addressed = { ...keys, $$target: route.target, ...(version !== undefined && { $$version: version }) };
  return { route, version, addressed };
}

/** Those that may serve one request, whichever of them its instance has. */
function servedLike(one: OfferedRoute, offers: readonly OfferedRoute[]): readonly OfferedRoute[] {
  const like = ({ message, access, socket }: OfferedRoute) => JSON.stringify([message, access, socket]);
  return offers.filter((offer) => like(offer) === like(one));
}

function versionsOf(offers: readonly OfferedRoute[]): string[] {
  return offers.map(({ version }) => version);
}

function badRange(accepted: string): VastifyError {
  const shown = JSON.stringify(accepted.slice(0, longestRange));
  return new VastifyError("invalid_argument", `accept-version must be a version or a range like "^1.2", got ${shown}`, {
    reason: "bad_version",
  });
}

function noVersion(accepted: string, { target, method, path }: OfferedRoute, alive: readonly string[]): VastifyError {
  const text = `no version of ${target} that serves ${method} ${path} satisfies ${accepted}; alive: ${alive.join(", ")}`;
  return new VastifyError("unavailable", text, { reason: "no_version", details: { target, version: accepted, alive } });
}
