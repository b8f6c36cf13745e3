import { describe, expect, it } from "vitest";
import { silentLogger } from "../support/framework.js";
import { consulAddress, startGateway, startService, uniqueName, until } from "../support/services.js";

const cookies = ["theme=dark; Path=/", "session=a.b.c; Path=/; HttpOnly"];

/** A gateway that takes sessions in a cookie, and a service that begins them with a form and with a link. */
async function startLogin() {
  const name = uniqueName("door");
  const warnings: string[] = [];
  await startService({
    name,
    modules: [
      {
        plugin: function door(this) {
          const begun = { http$: { headers: { "set-cookie": cookies } }, ok: true };
          this.add("door:login", async () => begun).add("door:link", async () => begun);
        },
        routes: {
          ...{ prefix: `/${name}`, pin: "door:*" },
          map: { login: { POST: true }, link: { GET: true, suffix: "/:token" } },
        },
      },
    ],
  });
  const tokens = {
    ...{ issuer: "https://issuer.example", audience: "door", cookie: "session" },
    secret: "a secret of thirty-two characters and more",
  };
  const gateway = await startGateway({
    name: uniqueName("gateway"),
    auth: { tokens, open: [`* /${name}/*`] },
    log: { ...silentLogger, warn: (text: string) => void warnings.push(text) },
  });
  const isServed = (method: string) => gateway.routes.some((route) => route.target === name && route.method === method);
  await until(() => isServed("GET") && isServed("POST"), "the gateway serves the door's routes");
  const url = `${gateway.addresses.http}/${name}`;
  const own = gateway.addresses.http ?? "";
  const asked = async (method: string, path: string, headers: Readonly<Record<string, string>>) => {
    const response = await fetch(url + path, { method, headers });
    await response.arrayBuffer();
    return { status: response.status, cookies: response.headers.getSetCookie() };
  };
  return { asked, own, warnings, path: `/${name}/link/:token` };
}

describe.skipIf(!consulAddress)("a login by cookie", () => {
  const [theme, session] = cookies as [string, string];

  it.each([
    ["POST", "/login"],
    ["GET", "/link/7"],
    ["HEAD", "/link/7"],
  ])(
    "by %s %s is begun by pages of our own and by no browser, and by no page of another site",
    async (method, path) => {
      const { asked, own } = await startLogin();
      const rows: [Record<string, string>, string[]][] = [
        [{}, [theme, session]],
        [{ "sec-fetch-site": "same-origin" }, [theme, session]],
        // Typed by the user, or from a mail program.
        [{ "sec-fetch-site": "none", "sec-fetch-mode": "navigate" }, [theme, session]],
        [{ origin: own }, [theme, session]],
        [{ "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image" }, [theme]],
        // A link, or a page that sends its reader here.
        [{ "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" }, [theme]],
        [{ "sec-fetch-site": "same-site", origin: own }, [theme]],
        [{ origin: "https://elsewhere.example" }, [theme]],
        [{ origin: "null" }, [theme]],
      ];
      for (const [headers, set] of rows)
        expect({ headers, ...(await asked(method, path, headers)) }).toEqual({ headers, status: 200, cookies: set });
    },
  );

  it("that lost its cookie is told to the operator once", async () => {
    const { asked, path, warnings } = await startLogin();
    const elsewhere = { "sec-fetch-site": "cross-site" };
    for (let time = 0; time < 2; time++) await asked("GET", "/link/7", elsewhere);
    const told = `GET ${path} sets the cookie session only for pages of our own, and others ask for it too`;
    expect(warnings.filter((text) => text.includes("cookie"))).toEqual([told]);
  });
});
