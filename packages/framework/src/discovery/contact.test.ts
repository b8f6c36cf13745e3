import { describe, expect, it } from "vitest";
import { silentLogger, VastifyError } from "../core/index.js";
import { createContact } from "./contact.js";

const down = new VastifyError("unavailable", "Consul did not answer");

describe("the contact to Consul", () => {
  it("knows for how long Consul has not answered", () => {
    let ms = 1_000;
    const contact = createContact("127.0.0.1:8500", () => ms);
    expect([contact.reachable, contact.unreachableMs]).toEqual([true, undefined]);
    contact.failed(down, silentLogger, false);
    ms += 700;
    contact.failed(down, silentLogger, true);
    expect([contact.reachable, contact.unreachableMs]).toEqual([false, 700]);
    contact.answered(silentLogger);
    expect([contact.reachable, contact.unreachableMs]).toEqual([true, undefined]);
  });

  it("warns of an outage once, however many questions fail in it", () => {
    const warnings: string[] = [];
    const log = { ...silentLogger, warn: (message: string) => warnings.push(message) };
    const contact = createContact("127.0.0.1:8500");
    for (let watch = 0; watch < 50; watch++) contact.failed(down, log, false);
    expect(warnings).toEqual(["Consul did not answer; what was known stays in use"]);
  });

  it("tells when Consul returns, also when a listener fails", () => {
    const contact = createContact("127.0.0.1:8500");
    let returns = 0;
    contact.onReturn(() => {
      throw new Error("mine");
    });
    const stop = contact.onReturn(() => {
      returns += 1;
    });
    contact.answered(silentLogger);
    expect(returns).toBe(0);
    contact.failed(down, silentLogger, false);
    contact.answered(silentLogger);
    contact.answered(silentLogger);
    expect(returns).toBe(1);
    stop();
    contact.failed(down, silentLogger, false);
    contact.answered(silentLogger);
    expect(returns).toBe(1);
  });
});
