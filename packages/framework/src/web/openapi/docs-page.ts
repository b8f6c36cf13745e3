import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Context, Middleware } from "koa";
import { VastifyError } from "../../core/index.js";
import { expectReading } from "../methods.js";
import { ownPaths } from "../own-paths.js";

/** Of the viewer's files, those that the page needs. */
const viewerFiles: Readonly<Record<string, string>> = {
  "/docs/swagger-ui.css": "text/css; charset=utf-8",
  "/docs/swagger-ui-bundle.js": "text/javascript; charset=utf-8",
  "/docs/favicon-32x32.png": "image/png",
};

/** Everything from our own origin; the viewer sets styles on its elements, and draws icons from data. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const start = `SwaggerUIBundle({
  url: "openapi.json" + location.search,
  dom_id: "#docs",
  deepLinking: true,
  displayRequestDuration: true,
  tryItOutEnabled: true,
  validatorUrl: null,
});
`;

/** `GET /docs`: the document at `/openapi.json` as a page, by Swagger UI, which is installed beside the framework. */
export function docsPage(title: string): Middleware {
  const folder = viewerFolder();
  const page = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>${title}</title>
    <link rel="icon" href="docs/favicon-32x32.png">
    <link rel="stylesheet" href="docs/swagger-ui.css">
  </head>
  <body>
    <div id="docs"></div>
    <script src="docs/swagger-ui-bundle.js"></script>
    <script src="docs/start.js"></script>
  </body>
</html>
`;

  const answers = new Map<string, (ctx: Context) => Promise<void> | void>([
    [ownPaths.docs, (ctx) => sendText(ctx, "html", page)],
    [`${ownPaths.docs}/`, (ctx) => ctx.redirect("../docs")],
    ["/docs/start.js", (ctx) => sendText(ctx, "text/javascript; charset=utf-8", start)],
  ]);
  for (const [path, type] of Object.entries(viewerFiles))
    answers.set(path, (ctx) => sendFile(ctx, type, join(folder ?? "", path.slice("/docs/".length))));

  return async (ctx, next) => {
    const answer = answers.get(ctx.path);
    if (!answer) return next();
    ctx.state.route = ownPaths.docs;
    expectReading(ctx);
    if (folder === undefined) throw noViewer();
    ctx.set("content-security-policy", contentSecurityPolicy);
    ctx.set("cache-control", "no-cache");
    await answer(ctx);
  };
}

function sendText(ctx: Context, type: string, text: string): void {
  ctx.type = type;
  ctx.body = text;
}

async function sendFile(ctx: Context, type: string, file: string): Promise<void> {
  const { size, mtime } = await stat(file);
  ctx.status = 200;
  ctx.lastModified = mtime;
  ctx.type = type;
  if (ctx.fresh) ctx.status = 304;
  else {
    ctx.length = size;
    ctx.body = createReadStream(file);
  }
}

/** Where Swagger UI is, if it is installed. */
function viewerFolder(): string | undefined {
  try {
    return dirname(createRequire(import.meta.url).resolve("swagger-ui-dist/package.json"));
  } catch {
    return undefined;
  }
}

function noViewer(): VastifyError {
  return new VastifyError("not_found", "this page needs the package swagger-ui-dist beside vastify", {
    reason: "no_route",
  });
}
