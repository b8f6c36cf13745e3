import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { describe, expect, it, onTestFinished } from "vitest";
import { z } from "zod";
import { defineAction, defineContract, implement } from "../../src/index.js";
import { consulAddress, startGateway, startService, uniqueName, until } from "../support/services.js";

const executablePath = process.env.CHROMIUM_PATH ?? "/usr/bin/chromium";

// As root, and without the calls home that a closed network refuses many at a time.
const args = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
].concat("--disable-component-update", "--disable-sync");

describe.skipIf(!consulAddress || !existsSync(executablePath))("/docs in a browser", () => {
  it("shows the routes and tries one, asking nobody but the gateway", async () => {
    const name = uniqueName("books");
    const contract = defineContract({
      target: name,
      version: "1.0.0",
      actions: {
        findBook: defineAction({
          summary: "Finds one book",
          access: "public",
          rest: { method: "GET", path: `/${name}/:id` },
          input: z.object({ id: z.int(), depth: z.int().default(1) }),
          output: z.object({ title: z.string() }),
        }),
      },
    });
    await startService({ name, contracts: [implement(contract, { findBook: ({ id }) => ({ title: `book ${id}` }) })] });
    const gateway = await startGateway({ name: uniqueName("gateway") });
    const { http = "" } = gateway.addresses;
    await until(async () => (await fetch(`${http}/${name}/1`)).ok, "the route is served");

    const browser = await chromium.launch({ executablePath, args });
    onTestFinished(() => browser.close());
    const page = await browser.newPage({ viewport: { width: 1200, height: 1400 } });
    const asked = new Set<string>();
    const complaints: string[] = [];
    page.on("request", (request) => void asked.add(new URL(request.url()).origin));
    page.on("console", (line) => line.type() === "error" && complaints.push(line.text()));
    page.on("pageerror", (error) => complaints.push(String(error)));

    await page.goto(`${http}/docs?target=${name}`);
    await page.getByText("Finds one book").click();
    await page.getByPlaceholder("id").fill("42");
    await page.getByRole("button", { name: "Execute" }).click();
    await page.locator(".live-responses-table .response .highlight-code").first().waitFor();
    expect(await page.locator(".live-responses-table .response").first().textContent()).toContain("book 42");
    if (process.env.SCREENSHOTS) {
      mkdirSync(process.env.SCREENSHOTS, { recursive: true });
      await page.screenshot({ path: join(process.env.SCREENSHOTS, "docs.png") });
    }
    expect(complaints).toEqual([]);
    expect([...asked].filter((origin) => origin.startsWith("http"))).toEqual([http]);
  });
});
