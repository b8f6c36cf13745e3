import { Readable } from "node:stream";
import type { Context } from "koa";
import { type Logger, VastifyError } from "../../core/index.js";
import { departureOf } from "../departure.js";
import type { SocketRoute } from "../published-routes.js";
import { acceptSocket } from "./accept-socket.js";
import { carryMessages } from "./carry-messages.js";
import { ClientMessages } from "./client-messages.js";
import { leaving } from "./close-codes.js";
import { expectHandshake } from "./handshake.js";
import { keepAlive } from "./heartbeat.js";
import type { ResolvedSocketOptions } from "./socket-options.js";

export interface ServeSocketOptions {
  readonly sockets: ResolvedSocketOptions;
  /** Of other sites whose pages may open sockets. */
  readonly origins: readonly string[];
  readonly log: Logger;
}

/** Opens a WebSocket for a request, or answers it with why not. */
export type ServeSocket = (
  ctx: Context,
  route: SocketRoute,
  act: (socket: Readable) => Promise<unknown>,
) => Promise<void>;

/**
 * Answers a request for a WebSocket by its action, which gets the client's messages as a stream and gives its own as
 * one. What fails before is answered as HTTP; from the 101 on, by the code that closes the socket.
 */
export function createServeSocket({ sockets, origins, log }: ServeSocketOptions): ServeSocket {
  return async (ctx, route, act) => {
    const upgrade = expectHandshake(ctx, origins);
    const inbound = new ClientMessages();
    const outbound = await act(inbound)
      .then(expectMessages)
      .catch((error) => {
        inbound.destroy();
        throw error;
      });
    const socket = await acceptSocket(ctx, upgrade, route.maxBytes).catch((error) => {
      inbound.destroy();
      outbound.destroy();
      throw error;
    });
    ctx.respond = false;
    ctx.status = 101;
    const stay = departureOf(ctx.req)?.onLeave(() => socket.close(leaving.code, leaving.why));
    if (stay) socket.once("close", stay);
    inbound.follow(socket, route.receives);
    const { noteSent } = keepAlive(socket, sockets);
    const { maxBytes } = route;
    const { tx, route: path } = ctx.state;
    void carryMessages(socket, {
      inbound,
      outbound,
      maxBytes,
      isBinary: route.sends === "bytes",
      onSent: noteSent,
    }).then(({ code, why }) => log.debug(`the socket ${path} was closed`, { tx, code, why }));
  };
}

function expectMessages(result: unknown): Readable {
  if (result instanceof Readable) return result;
  throw new VastifyError("internal", "the action of a socket gave no messages", { reason: "bad_result" });
}
