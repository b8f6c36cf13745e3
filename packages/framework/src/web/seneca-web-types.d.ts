declare module "seneca-web" {
  const senecaWeb: (
    this: unknown,
    options: Record<string, unknown>,
  ) => { name: string; exportmap: Record<string, unknown> };
  export default senecaWeb;
}

declare module "seneca-web-adapter-koa2" {
  const adapter: (
    this: unknown,
    options: Record<string, unknown>,
    context: unknown,
    auth: unknown,
    routes: readonly unknown[],
    done: (error?: unknown, result?: unknown) => void,
  ) => void;
  export default adapter;
}
