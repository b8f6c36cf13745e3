import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { type ParsedUrlQuery, parse } from "node:querystring";
import { Readable } from "node:stream";
import type { TLSSocket } from "node:tls";
import type Koa from "koa";
import type { Context } from "koa";
import type { Exchange } from "../exchange.js";
import { beginRequest, type RequestState } from "../request-life.js";
import { AnswerHeaders } from "./answer-headers.js";

type Body = string | Buffer | Readable | null | undefined;

/** What makes a context of Koa. */
export type ContextMaker = Pick<Koa, "createContext">;

/**
 * A request and its answer without Koa's context, which costs more than all else that a gateway does to most of them.
 * What is seldom asked is asked of a context of Koa, which is made then.
 */
export class PlainExchange implements Exchange {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly path: string;
  readonly querystring: string;
  readonly response = new AnswerHeaders();
  readonly state: RequestState;
  private code = 404;
  private readonly koa: () => ContextMaker;
  private madeContext: Context | undefined = undefined;
  private content: Body = undefined;

  constructor(koa: () => ContextMaker, req: IncomingMessage, res: ServerResponse, path: string, querystring: string) {
    this.koa = koa;
    this.req = req;
    this.res = res;
    this.path = path;
    this.querystring = querystring;
    this.state = beginRequest(this);
  }

  get method(): string {
    return this.req.method ?? "";
  }

  get headers(): IncomingHttpHeaders {
    return this.req.headers;
  }

  get query(): ParsedUrlQuery {
    return parse(this.querystring);
  }

  get secure(): boolean {
    return (this.req.socket as Partial<TLSSocket>).encrypted === true;
  }

  get host(): string {
    return this.context.host;
  }

  get cookies(): Context["cookies"] {
    return this.context.cookies;
  }

  /** Of the answer, in bytes. */
  get length(): number | undefined {
    if (typeof this.content === "string") return Buffer.byteLength(this.content);
    if (Buffer.isBuffer(this.content)) return this.content.length;
    const said: string | undefined = this.response.get("content-length");
    return said === undefined ? undefined : Number(said);
  }

  set length(bytes: number | undefined) {
    this.set("content-length", String(bytes));
  }

  get status(): number {
    return this.code;
  }

  set status(code: number) {
    if (!Number.isInteger(code) || code < 100 || code > 999) throw new RangeError(`${code} is no HTTP status`);
    this.code = code;
  }

  get body(): Body {
    return this.content;
  }

  /** A stream that something else is put in the place of is given up; what reads from it may stand in its place. */
  set body(content: Body) {
    if (this.content instanceof Readable && !(content instanceof Readable)) this.content.destroy();
    this.content = content;
  }

  get(name: string): string {
    const value = this.req.headers[name];
    return typeof value === "string" ? value : (value?.join(", ") ?? "");
  }

  is(...types: string[]): string | false | null {
    return this.context.is(...types);
  }

  acceptsEncodings(...encodings: string[]): string | false {
    return this.context.acceptsEncodings(...encodings);
  }

  set(name: string | Readonly<Record<string, string | string[]>>, value: string | string[] = ""): void {
    if (typeof name === "string") this.response.set(name, value);
    else for (const [each, its] of Object.entries(name)) this.response.set(each, its);
  }

  remove(name: string): void {
    this.response.remove(name);
  }

  redirect(url: string): void {
    const { context } = this;
    context.redirect(url);
    for (const name of ["location", "content-type"]) {
      this.set(name, context.response.get(name));
      context.remove(name);
    }
    context.remove("content-length");
    this.status = context.status;
    this.body = context.body as string;
  }

  private get context(): Context {
    this.madeContext ??= this.koa().createContext(this.req, this.res) as Context;
    return this.madeContext;
  }
}
