export interface Answer {
  readonly status: number;
  readonly type?: string;
  readonly body: string | Buffer;
}

/** A read that can wait: it is answered as soon as `index()` passes the index that the client knows. */
export interface Query {
  index(): number;
  answer(): Answer;
}

export interface RegistryRequest {
  readonly method: string;
  /** What follows the route's path. */
  readonly rest: string;
  readonly query: URLSearchParams;
  readonly body: Buffer;
}

export type Handler = (request: RegistryRequest) => Answer | Query;

export interface Route {
  /** A trailing slash means that the rest of the path is the handler's parameter. */
  readonly path: string;
  readonly GET?: Handler;
  readonly PUT?: Handler;
  readonly DELETE?: Handler;
}

export const done: Answer = { status: 200, body: "" };

export function json(value: unknown): Answer {
  return { status: 200, type: "application/json", body: JSON.stringify(value) };
}
