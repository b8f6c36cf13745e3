import { describe, expect, it } from "vitest";
import { startWorkProcess } from "../support/processes.js";
import { consulAddress, startGateway, uniqueName, until } from "../support/services.js";
import { openSocket, refusalOf } from "../support/sockets.js";
import { startTalking } from "../support/talk.js";

describe.skipIf(!consulAddress)("a WebSocket", () => {
  it("carries messages both ways as the contract has them, at the gateway and at the service's own port", async () => {
    const { url, service } = await startTalking();
    for (const at of [url, `${service.addresses.http}/${service.name}`]) {
      const client = await openSocket(`${at}/chat/lobby`);
      client.send({ say: "hello", extra: 1 });
      client.send({ say: "again" });
      expect(await client.next()).toMatchObject({ room: "lobby", say: expect.stringMatching(/^\d: hello$/) });
      expect(await client.next()).toMatchObject({ room: "lobby", say: expect.stringMatching(/^\d: again$/) });
      client.socket.close(1000);
      expect(await client.closed).toEqual({ code: 1000, reason: "" });
    }
  });

  it("is refused as HTTP before it opens", async () => {
    const { url } = await startTalking();
    expect(await refusalOf(`${url}/chat/x`)).toMatchObject({ status: 400, body: { reason: "bad_input" } });
    expect(await refusalOf(`${url}/fail/early`)).toMatchObject({ status: 404, body: { reason: "no_thing" } });
    expect(await refusalOf(`${url}/nothing`)).toMatchObject({ status: 404, body: { reason: "no_route" } });
    expect(await refusalOf(`${url}/whoami`)).toMatchObject({ status: 401, body: { reason: "not_logged_in" } });
    const plain = await fetch(`${url}/chat/lobby`);
    expect(plain.status).toBe(426);
    expect(plain.headers.get("upgrade")).toBe("websocket");
    expect(await plain.json()).toMatchObject({ reason: "upgrade_required" });
  });

  it("has the trace id of its request, and its request id in the 101", async () => {
    const { url } = await startTalking();
    const client = await openSocket(`${url}/chat/lobby`, { headers: { "x-request-id": "mine-7" } });
    expect(client.headers["x-request-id"]).toBe("mine-7");
  });

  it.each<[string, string, string | Buffer, number, string]>([
    ["a message that is not JSON", "chat/lobby", "{", 1007, "bad_json"],
    ["a message nested too deep", "chat/lobby", "[".repeat(200), 1007, "bad_json"],
    ["a message that its schema refuses", "chat/lobby", '{"say":7}', 1008, "bad_input"],
    ["bytes where text is expected", "chat/lobby", Buffer.from("{}"), 1003, "unsupported_data"],
    ["text where bytes are expected", "collect", "text", 1003, "unsupported_data"],
    ["a message over the limit", "chat/lobby", JSON.stringify({ say: "x".repeat(70_000) }), 1009, ""],
    ["an action that is done", "fail/at once", "", 1000, ""],
    ["an action that fails on purpose", "fail/known", "", 3003, "not_yours"],
    ["an action that fails", "fail/somehow", "", 1011, "internal"],
  ])("is closed after %s, without saying more than a reason", async (_what, path, message, code, reason) => {
    const { url, notes } = await startTalking();
    notes.mayRead.resolve();
    const client = await openSocket(`${url}/${path}`);
    if (code === 3003 || code === 1011) expect(await client.next()).toBe("begun");
    else client.socket.send(message);
    expect(await client.closed).toEqual({ code, reason });
  });

  it("outlives the deadlines of calls, and so do the calls made in it", async () => {
    const timeoutMs = 200;
    const { url } = await startTalking({ timeoutMs }, { timeoutMs });
    const client = await openSocket(`${url}/chat/lobby`);
    await new Promise((resolve) => setTimeout(resolve, 2 * timeoutMs));
    client.send({ say: "late" });
    expect(await client.next()).toMatchObject({ room: "lobby" });
  });

  it("that its client closes hands on all that the client said", async () => {
    const { url, notes } = await startTalking();
    const client = await openSocket(`${url}/collect`);
    for (let sent = 0; sent < 50; sent++) client.send(Buffer.alloc(10_000));
    client.socket.close(1000);
    await client.closed;
    notes.mayRead.resolve();
    // It reads on, though nobody hears its answers.
    await until(() => notes.collected === 500_000, "everything is read");
  });

  it("tells its action when the client is gone", async () => {
    const { url, notes } = await startTalking();
    const closing = await openSocket(`${url}/ticks`);
    expect(await closing.next()).toBe(1);
    closing.socket.close();
    await until(() => notes.gone.length === 1, "the signal fires after a goodbye");
    const breaking = await openSocket(`${url}/ticks`);
    expect(await breaking.next()).toBe(1);
    breaking.socket.terminate();
    await until(() => notes.gone.length === 2, "the signal fires after a break");
    expect(notes.gone).toEqual(["the client closed the socket", "the client is gone"]);
  });

  it("is closed by 1001 when the gateway leaves", async () => {
    const { url, gateway } = await startTalking();
    const client = await openSocket(`${url}/ticks`);
    await Promise.all([gateway.stop(), client.closed]);
    expect(await client.closed).toEqual({ code: 1001, reason: "draining" });
  });

  it("is closed by 1012 when the service leaves, or dies", async () => {
    const { url, service } = await startTalking();
    const client = await openSocket(`${url}/ticks`);
    await Promise.all([service.stop(), client.closed]);
    expect(await client.closed).toEqual({ code: 1012, reason: "draining" });

    const name = uniqueName("work");
    const { process } = await startWorkProcess({ name });
    const gateway = await startGateway({ name: uniqueName("gateway") });
    await until(() => gateway.routes.some(({ socket }) => socket), "the gateway serves it");
    const other = await openSocket(`${gateway.addresses.http}/${name}/echo`);
    other.send("still there?");
    expect(await other.next()).toBe("still there?");
    process.kill("SIGKILL");
    expect(await other.closed).toEqual({ code: 1012, reason: "peer_lost" });
  });
});
