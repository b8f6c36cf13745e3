import { createServer } from "node:http";
import { exportJWK, generateKeyPair, type JWK, SignJWT, UnsecuredJWT } from "jose";
import { describe, expect, it, onTestFinished } from "vitest";
import { createApiKey, type TokenOptions } from "../../src/index.js";
import { startGuarded } from "../support/guarded-gateway.js";
import { consulAddress, consulApi, uniqueName, until } from "../support/services.js";

const issuer = "https://issuer.example";
const audience = "library";
const anHour = 3_600;
const now = () => Math.floor(Date.now() / 1_000);

type Claims = Readonly<Record<string, unknown>>;

/** A pair of keys of the issuer, and tokens signed with it. */
async function issuerKeys(kid: string) {
  const { publicKey, privateKey } = await generateKeyPair("ES256", { extractable: true });
  const jwk: JWK = { ...(await exportJWK(publicKey)), kid, alg: "ES256" };
  const usual = { iss: issuer, aud: audience, sub: "reader-7", exp: now() + anHour };
  return {
    jwk,
    sign: (claims: Claims = {}, header: { kid?: string } = { kid }) =>
      new SignJWT({ ...usual, ...claims }).setProtectedHeader({ alg: "ES256", ...header }).sign(privateKey),
    usual,
  };
}

async function answer(url: string, headers: Readonly<Record<string, string>> = {}, method = "GET") {
  const response = await fetch(url, { method, headers });
  const body = (await response.json()) as { reason?: string };
  return { status: response.status, reason: body.reason, challenge: response.headers.get("www-authenticate") };
}

describe.skipIf(!consulAddress)("API keys at the gateway", () => {
  it("open what their consumer may use, in either header, and nothing else does", async () => {
    const pepper = "a secret of the gateways";
    const reader = createApiKey({ consumer: "reader", pepper });
    const admin = createApiKey({ consumer: "admin", pepper });
    const old = createApiKey({ consumer: "reader", pepper });
    const planted = createApiKey({ consumer: "reader" });
    const keyOf = ({ id, hash }: { id: string; hash: string }) => ({ id, hash });
    const { url } = await startGuarded({
      auth: {
        keys: {
          pepper,
          consumers: {
            reader: {
              keys: [keyOf(reader), { ...keyOf(old), expires: "2001-01-01T00:00:00Z" }, keyOf(planted)],
              scopes: ["borrow"],
            },
            admin: { keys: [keyOf(admin)], roles: ["admin"] },
          },
        },
      },
    });
    const [consumer, id, secret] = reader.text.split(".") as [string, string, string];
    const rows: [string, string, Record<string, string>, number, string?][] = [
      ["GET", "/news", {}, 200],
      ["GET", "/news", { "x-api-key": "expired nonsense" }, 200],
      ["GET", "/count", {}, 200],
      ["GET", "/list", {}, 401, "not_logged_in"],
      ["GET", "/audit", {}, 401, "not_logged_in"],
      ["GET", "/list", { "x-api-key": reader.text }, 200],
      ["GET", "/list", { authorization: `ApiKey ${reader.text}` }, 200],
      ["GET", "/list", { authorization: `apikey ${reader.text}` }, 200],
      ["POST", "/borrow", { "x-api-key": reader.text }, 200],
      ["GET", "/audit", { "x-api-key": reader.text }, 403, "missing_access"],
      ["GET", "/audit", { "x-api-key": admin.text }, 200],
      ["POST", "/borrow", { "x-api-key": admin.text }, 403, "missing_access"],
      ["GET", "/list", { "x-api-key": old.text }, 401, "bad_credentials"],
      ["GET", "/list", { "x-api-key": planted.text }, 401, "bad_credentials"],
      ["GET", "/list", { "x-api-key": reader.hash }, 401, "bad_credentials"],
      ["GET", "/list", { "x-api-key": `admin.${id}.${secret}` }, 401, "bad_credentials"],
      ["GET", "/list", { "x-api-key": `${consumer}.${id}.${"A".repeat(43)}` }, 401, "bad_credentials"],
      ["GET", "/list", { "x-api-key": `nobody.${id}.${secret}` }, 401, "bad_credentials"],
      ["GET", "/list", { "x-api-key": `__proto__.${id}.${secret}` }, 401, "bad_credentials"],
      ["GET", "/list", { "x-api-key": `${reader.text}, ${reader.text}` }, 401, "bad_credentials"],
      ["GET", "/list", { authorization: `Bearer ${reader.text}` }, 401, "not_logged_in"],
      ["GET", "/list", { authorization: "ApiKey" }, 401, "bad_credentials"],
      ["GET", "/list", { "x-consumer": "admin", "x-identity": "admin", "x-roles": "admin" }, 401, "not_logged_in"],
      ["GET", `/list?api_key=${reader.text}`, {}, 401, "not_logged_in"],
    ];
    for (const [method, path, headers, status, reason] of rows) {
      const got = await answer(url + path, headers, method);
      const row = `${method} ${path} with ${JSON.stringify(headers)}`;
      expect({ row, ...got }).toEqual({ row, status, reason, challenge: status === 401 ? "ApiKey" : null });
    }
  });

  it("come and go with Consul's KV while the gateway runs", async () => {
    const consumer = uniqueName("shop");
    const key = createApiKey({ consumer });
    const place = `vastify/consumers/${consumer}`;
    onTestFinished(async () => void (await consulApi().kv.del(place)));
    const write = (document: unknown) => consulApi().kv.set(place, JSON.stringify(document));
    const { url } = await startGuarded({ auth: { keys: {} } });
    const status = async () => (await answer(`${url}/list`, { "x-api-key": key.text })).status;

    expect(await status()).toBe(401);
    await write({ keys: [{ id: key.id, hash: key.hash }] });
    await until(async () => (await status()) === 200, "the key counts");
    const other = createApiKey({ consumer });
    await write({ keys: [{ id: other.id, hash: other.hash }] });
    await until(async () => (await status()) === 401, "the key counts no more");
    await consulApi().kv.del(place);
    await until(async () => (await answer(`${url}/list`, { "x-api-key": other.text })).status === 401, "nor the other");
  });
});

describe.skipIf(!consulAddress)("tokens at the gateway", () => {
  it("count when their issuer signed them for us, and lately", async () => {
    const ours = await issuerKeys("ours");
    const others = await issuerKeys("others");
    const { url } = await startGuarded({ auth: { tokens: { issuer, audience, jwks: { keys: [ours.jwk as never] } } } });
    const [header = "", payload = "", signature = ""] = (await ours.sign()).split(".");
    const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const publicAsSecret = new TextEncoder().encode(JSON.stringify(ours.jwk));
    const rows: [string, string, string, number, string?][] = [
      ["as it should be", "/list", await ours.sign(), 200],
      ["with the scope as a text", "/borrow", await ours.sign({ scope: "read borrow" }), 200],
      [
        "with a scope that only begins like it",
        "/borrow",
        await ours.sign({ scope: "borrower" }),
        403,
        "missing_access",
      ],
      ["with the role in a list", "/audit", await ours.sign({ roles: ["admin"] }), 200],
      ["without the role", "/audit", await ours.sign({ scope: "admin" }), 403, "missing_access"],
      ["with the role as an object", "/audit", await ours.sign({ roles: { admin: true } }), 403, "missing_access"],
      ["for several, us among them", "/list", await ours.sign({ aud: ["shop", audience] }), 200],
      ["just expired, by the clocks' difference", "/list", await ours.sign({ exp: now() - 10 }), 200],
      ["expired", "/list", await ours.sign({ exp: now() - 100 }), 401, "bad_credentials"],
      ["not valid yet", "/list", await ours.sign({ nbf: now() + 100 }), 401, "bad_credentials"],
      ["that never expires", "/list", await ours.sign({ exp: undefined }), 401, "bad_credentials"],
      ["of nobody", "/list", await ours.sign({ sub: undefined }), 401, "bad_credentials"],
      ["for another audience", "/list", await ours.sign({ aud: "shop" }), 401, "bad_credentials"],
      ["of another issuer", "/list", await ours.sign({ iss: "https://evil.example" }), 401, "bad_credentials"],
      ["of a key we don't know", "/list", await others.sign(), 401, "bad_credentials"],
      ["of a key that says it is ours", "/list", await others.sign({}, { kid: "ours" }), 401, "bad_credentials"],
      ["not signed", "/list", new UnsecuredJWT(ours.usual).encode(), 401, "bad_credentials"],
      ["of algorithm None", "/list", `${encode({ alg: "None" })}.${payload}.`, 401, "bad_credentials"],
      [
        "signed with our public key as a secret",
        "/list",
        await new SignJWT(ours.usual).setProtectedHeader({ alg: "HS256", kid: "ours" }).sign(publicAsSecret),
        401,
        "bad_credentials",
      ],
      [
        "that brings its own key",
        "/list",
        `${encode({ alg: "ES256", jwk: others.jwk })}.${(await others.sign()).split(".").slice(1).join(".")}`,
        401,
        "bad_credentials",
      ],
      [
        "changed after it was signed",
        "/audit",
        `${header}.${encode({ ...ours.usual, roles: ["admin"] })}.${signature}`,
        401,
        "bad_credentials",
      ],
      ["without a signature", "/list", `${header}.${payload}.`, 401, "bad_credentials"],
      ["that is none", "/list", "nonsense", 401, "bad_credentials"],
      ["that is empty", "/list", "", 401, "bad_credentials"],
    ];
    for (const [what, path, token, status, reason] of rows) {
      const got = await answer(url + path, { authorization: `Bearer ${token}` }, path === "/borrow" ? "POST" : "GET");
      const challenge = status === 401 ? "Bearer" : null;
      expect({ what, ...got }).toEqual({ what, status, reason, challenge });
    }
  });

  it("may come in a cookie, which counts for what pages of our own send", async () => {
    const secret = "a secret of thirty-two characters and more";
    const sign = (with_: string) =>
      new SignJWT({ iss: issuer, aud: audience, sub: "reader-7", exp: now() + anHour, scope: "borrow" })
        .setProtectedHeader({ alg: "HS256" })
        .sign(new TextEncoder().encode(with_));
    const tokens: TokenOptions = { issuer, audience, secret, cookie: "session" };
    const { url, gateway } = await startGuarded({ auth: { tokens } });
    const cookie = `session=${await sign(secret)}`;
    const forged = `session=${await sign(secret.toUpperCase())}`;
    const own = gateway.addresses.http ?? "";
    const rows: [string, string, Record<string, string>, number, string?][] = [
      ["GET", "/list", { cookie }, 200],
      ["GET", "/list", { cookie: `a=b; ${cookie}; c=d` }, 200],
      ["GET", "/list", { cookie, "sec-fetch-site": "cross-site" }, 200],
      ["GET", "/list", { cookie: cookie.replace("session", "other") }, 401, "not_logged_in"],
      ["GET", "/list", { cookie: forged }, 401, "bad_credentials"],
      ["GET", "/list", { cookie: `${cookie}x` }, 401, "bad_credentials"],
      ["GET", "/list", { cookie: "session=reader-7" }, 401, "bad_credentials"],
      ["GET", "/news", { cookie: forged }, 200],
      ["POST", "/borrow", { cookie }, 200],
      ["POST", "/borrow", { cookie, "sec-fetch-site": "same-origin" }, 200],
      ["POST", "/borrow", { cookie, origin: own }, 200],
      ["POST", "/borrow", { cookie, origin: "https://evil.example" }, 403, "cross_site"],
      ["POST", "/borrow", { cookie, origin: "null" }, 403, "cross_site"],
      ["POST", "/borrow", { cookie, "sec-fetch-site": "cross-site" }, 403, "cross_site"],
      ["POST", "/borrow", { cookie, "sec-fetch-site": "same-site", origin: own }, 403, "cross_site"],
    ];
    for (const [method, path, headers, status, reason] of rows) {
      const got = await answer(url + path, headers, method);
      const row = `${method} ${path} with ${JSON.stringify(headers)}`;
      expect({ row, ...got }).toMatchObject({ row, status, ...(reason && { reason }) });
    }
  });

  it("wait for their issuer's keys, which they don't ask for all the time, and do with those they know while it is away", async () => {
    const first = await issuerKeys("first");
    let keys = [first.jwk];
    let status = 503;
    const server = createServer((_request, response) => {
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify({ keys }));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as { port: number };
    const jwksUrl = `http://127.0.0.1:${port}/keys`;
    const { url } = await startGuarded({ auth: { tokens: { issuer, audience, jwksUrl } } });
    const bearer = async (token: string | Promise<string>) =>
      answer(`${url}/list`, { authorization: `Bearer ${await token}` });

    expect(await bearer(first.sign())).toMatchObject({ status: 503, reason: "keys_unreachable", challenge: null });
    status = 200;
    expect(await bearer(first.sign())).toMatchObject({ status: 200 });
    const second = await issuerKeys("second");
    keys = [first.jwk, second.jwk];
    // Keys that were asked for just now are not asked for again by every token that names another.
    expect(await bearer(second.sign())).toMatchObject({ status: 401, reason: "bad_credentials" });
    status = 503;
    expect(await bearer(first.sign())).toMatchObject({ status: 200 });
  });
});
