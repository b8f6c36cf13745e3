import { expect, it } from "vitest";
import { listeningPorts } from "./listening-ports.js";

const limits = {} as never;
const options = { http: { port: 3333, maxBodyBytes: 1 }, microservice: { port: 10_015, limits } };

it("are those of the options for a process that runs alone", () => {
  expect(listeningPorts(options, false)).toEqual({ http: 3333, sharedHttp: undefined, microservice: 10_015 });
});

it("of a cluster's worker are free ones, and the HTTP port of the options is shared", () => {
  expect(listeningPorts(options, true)).toEqual({ http: 0, sharedHttp: 3333, microservice: 0 });
});

it("of a cluster's worker without a fixed HTTP port are all its own", () => {
  const free = { ...options, http: { ...options.http, port: 0 } };
  expect(listeningPorts(free, true)).toEqual({ http: 0, sharedHttp: undefined, microservice: 0 });
});
