import { describe, expect, it } from "vitest";
import { timeOfId } from "../../core/index.js";
import { compose, readPayload, traceOf } from "./compose.js";

const tx = "4bf92f3577b34da6a3ce929d0e0e4736";

describe("a message", () => {
  it("carries JSON with an id, and no headers when it needs none", () => {
    const { content, properties } = compose({ a: 1 }, {}, 100);
    expect(readPayload(content, properties.contentType)).toEqual({ a: 1 });
    expect(properties.messageId).toMatch(/^[0-9a-f]{32}$/);
    expect(properties).not.toHaveProperty("headers");
  });

  it("says when it was made by its id, or by its timestamp when the sender chose the id", () => {
    expect(timeOfId(compose(1, {}, 100).properties.messageId)).toBeInstanceOf(Date);
    expect(compose(1, {}, 100).properties).not.toHaveProperty("timestamp");
    expect(compose(1, { id: "order-7" }, 100).properties).toMatchObject({ timestamp: expect.any(Number) });
  });

  it("carries bytes as they are", () => {
    const { content, properties } = compose(Uint8Array.of(0, 255), {}, 100);
    expect(readPayload(content, properties.contentType)).toEqual(Buffer.from([0, 255]));
  });

  it.each([undefined, () => {}, 1n])("can't carry %s", (payload) => {
    expect(() => compose(payload, {}, 100)).toThrow(/can't be written as JSON/);
  });

  it("with a broken body is no JSON", () => {
    expect(() => readPayload(Buffer.from("{"), "application/json")).toThrow("the payload is no JSON");
  });

  it("begins a trace by its own id, or belongs to the one it is given", () => {
    expect(traceOf({}, "own").tx).toBe("own");
    const given = compose(1, { tx }, 100).properties;
    expect(traceOf(given.headers ?? {}, given.messageId).tx).toBe(tx);
    expect(traceOf({ traceparent: `00-${tx}-00f067aa0ba902b7-01` }, "own").tx).toBe(tx);
    expect(traceOf({ traceparent: "nonsense" }, "own")).toEqual({ tx: "own", traceparent: undefined });
  });

  it.each<object>([
    { ttlMs: 0 },
    { deadlineMs: Number.NaN },
    { traceparent: "nonsense" },
    { tx: 'with "quotes"' },
    { id: "" },
    { id: 7 },
    { id: "é".repeat(128) },
    { priority: 256 },
    { priority: "high" },
    { timeoutMs: Number.NaN },
    { headers: { a: 1n } },
    { headers: { a: Number.NaN } },
    { headers: { a: () => {} } },
    { headers: { "vastify-due": 1 } },
    { headers: { ["a".repeat(256)]: 1 } },
  ])("is refused with %o", (options) => {
    expect(() => compose(1, options, 100)).toThrow(/must be/);
  });

  it("is refused with headers that no frame holds", () => {
    expect(() => compose(1, { headers: { a: "a".repeat(70_000) } }, 100)).toThrow(/headers must be at most/);
  });

  it("that may wait for years is given the broker's longest time", () => {
    expect(compose(1, { ttlMs: 1e13 }, 100).properties.expiration).toBe(4_294_967_295);
  });
});
