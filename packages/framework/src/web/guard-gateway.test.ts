import { describe, expect, it } from "vitest";
import { silentLogger } from "../core/index.js";
import { type GuardOptions, guardGateway } from "./guard-gateway.js";

const keys = {};
const rate = { by: "ip", limit: 10, windowMs: 1_000 };

function guardOf(options: object) {
  const told: string[] = [];
  const log = { ...silentLogger, info: (text: string) => void told.push(text) };
  const guard = guardGateway(options as GuardOptions, { consumerDocument: () => undefined, log });
  return { guard, told };
}

describe("options of a gateway's guard", () => {
  it.each<[object, RegExp]>([
    [{ auth: {} }, /auth must be what counts: keys, tokens or both/],
    [{ auth: { key: {} } }, /auth\.key must be left out; known here are keys, tokens, open/],
    [{ auth: { keys, open: ["everything"] } }, /auth\.open\[0\] must be a method and a path/],
    [
      { auth: { keys: { consumers: { "A B": {} } } } },
      /a name in auth\.keys\.consumers must be a name of small letters/,
    ],
    [{ auth: { keys: { consumers: { shop: { role: [] } } } } }, /auth\.keys\.consumers\.shop\.role must be left out/],
    [
      { limits: { rates: [{ ...rate, by: "user" }] } },
      /limits\.rates\[0\]\.by must be one of consumer, key, ip, route/,
    ],
    [{ limits: { rates: [{ ...rate, limit: 0 }] } }, /limits\.rates\[0\]\.limit must be a whole number from 1 up/],
    [{ limits: { rates: [{ by: "ip" }] } }, /limits\.rates\[0\] must be by, limit and windowMs/],
    [{ limits: { rates: [{ ...rate, routes: ["/user"] }] } }, /limits\.rates\.routes\[0\] must be a method and a path/],
    [{ limits: { store: {} } }, /limits\.store must be a store/],
    [{ limits: { storeTimeoutMs: 0 } }, /limits\.storeTimeoutMs must be milliseconds from 1/],
    [{ trustProxy: ["everybody"] }, /trustProxy\[0\] must be an address or a network/],
  ])("are refused when they are %j", (options, expected) => {
    expect(() => guardOf(options)).toThrow(expected);
  });

  it("without auth leave everything open, which is said at the start", () => {
    const { guard, told } = guardOf({});
    expect(told).toEqual([]);
    guard.start();
    expect(told).toEqual([expect.stringMatching(/without the option auth every route is open/)]);
  });

  it("with auth have nothing to say", () => {
    const { guard, told } = guardOf({ auth: { keys } });
    guard.start();
    expect(told).toEqual([]);
  });
});
