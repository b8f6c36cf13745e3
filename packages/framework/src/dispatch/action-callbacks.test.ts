import { describe, expect, it } from "vitest";
import { silentLogger } from "../core/index.js";
import { ActionCallbacks, runCallback } from "./action-callbacks.js";
import { authoredHandler } from "./action-handlers.js";
import type { Seneca } from "./seneca-types.js";

const self = { fixedargs: {} } as Seneca;

/** Runs a handler that does this. */
function handle(callbacks: ActionCallbacks, act: () => void): void {
  callbacks.runHandler(authoredHandler(act), self, {}, () => {});
}

describe("callbacks of an action's calls", () => {
  it("run when the handler has returned, each handler's own", () => {
    const callbacks = new ActionCallbacks();
    const order: string[] = [];
    handle(callbacks, () => {
      callbacks.later(() => order.push("outer's"));
      handle(callbacks, () => {
        callbacks.later(() => order.push("inner's"));
        order.push("inner returns");
      });
      order.push("outer returns");
    });
    expect(order).toEqual(["inner returns", "inner's", "outer returns", "outer's"]);
  });

  it("run in turns that follow, when no handler runs", async () => {
    const callbacks = new ActionCallbacks();
    const order: string[] = [];
    handle(callbacks, () => {});
    callbacks.later(() => order.push("callback"));
    order.push("returned");
    await Promise.resolve();
    expect(order).toEqual(["returned", "callback"]);
  });

  it("may go on calling: a long chain needs no deep stack", () => {
    const callbacks = new ActionCallbacks();
    let left = 100_000;
    const step = () => {
      left -= 1;
      if (left > 0) handle(callbacks, () => callbacks.later(() => {}));
      if (left > 0) callbacks.later(step);
    };
    handle(callbacks, () => callbacks.later(step));
    expect(left).toBe(0);
  });

  it("still run after one that threw", () => {
    const callbacks = new ActionCallbacks();
    const order: string[] = [];
    const author = { log: silentLogger, pattern: "a:1" };
    handle(callbacks, () => {
      const throws = () => {
        throw new Error("in the callback");
      };
      callbacks.later(() => runCallback(throws, self, author, null, null));
      callbacks.later(() => order.push("next"));
    });
    expect(order).toEqual(["next"]);
  });
});
