import { describe, expect, it } from "vitest";
import { createEdge, type EdgeOptions } from "./edge.js";

describe("options of a gateway's edge", () => {
  it.each<[object, RegExp]>([
    [{ csp: true }, /edge's option csp must be one of cors, compression, securityHeaders/],
    [{ compression: { minBytes: -1 } }, /compression\.minBytes must be a number of bytes/],
    [{ cors: { origins: [] } }, /cors\.origins must be a list of origins/],
    [{ cors: { origins: ["shop.example"] } }, /cors\.origins must be like "https:\/\/a\.example"/],
    [{ cors: { origins: ["*"], credentials: true } }, /cors\.origins must be a list of origins, since/],
    [{ cors: { origins: ["*"], methods: "GET" } }, /cors\.methods must be a list of names/],
    [{ cors: { origins: ["*"], exposeHeaders: ["x\r\ny"] } }, /cors\.exposeHeaders\[0\] must be a header's name/],
    [{ securityHeaders: { "x-frame-options": "DENY\r\nx: 1" } }, /securityHeaders\.x-frame-options must be a header's/],
    [{ securityHeaders: { "referrer policy": "no" } }, /securityHeaders\.referrer policy must be a header's name/],
    [{ securityHeaders: { "referrer-policy": true } }, /securityHeaders\.referrer-policy must be a text/],
  ])("are refused when they are %j", (options, expected) => {
    expect(() => createEdge(options as EdgeOptions)).toThrow(expected);
  });
});
