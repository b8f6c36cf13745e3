import { type ChannelModel, connect } from "amqplib";
import { orAborted, VastifyError } from "../../core/index.js";
import { gatherWrites } from "./gather-writes.js";

export interface ConnectOptions {
  readonly url: string;
  readonly connectTimeoutMs: number;
  readonly name: string;
  readonly signal: AbortSignal;
}

const heartbeatSeconds = "10";

/**
 * One try to connect.
 * @throws VastifyError `permission_denied`, reason `broker_denied`, for wrong credentials; otherwise what amqplib said
 */
export async function connectOnce({ url, connectTimeoutMs, name, signal }: ConnectOptions): Promise<ChannelModel> {
  const address = new URL(url);
  if (!address.searchParams.has("heartbeat")) address.searchParams.set("heartbeat", heartbeatSeconds);
  const connecting = connect(address.href, {
    noDelay: true,
    keepAlive: true,
    timeout: connectTimeoutMs,
    clientProperties: { connection_name: name },
  });
  const inTime = AbortSignal.any([signal, AbortSignal.timeout(connectTimeoutMs)]);
  try {
    const model = await orAborted(connecting, inTime);
    // Without a listener an error would end the process; what follows from it comes with `close`.
    model.on("error", () => {});
    gatherWrites(model);
    return model;
  } catch (cause) {
    connecting.then(closeLate, () => {});
    if (!/ACCESS.REFUSED/i.test(String(cause))) throw cause;
    const message = `RabbitMQ at ${withoutPassword(url)} refused the user name or password`;
    throw new VastifyError("permission_denied", message, { reason: "broker_denied", cause });
  }
}

/** A URL as it may stand in logs. */
export function withoutPassword(url: string): string {
  return url.replace(/\/\/[^@/]*@/, "//");
}

/** A connection that nobody waits for any more. */
function closeLate(model: ChannelModel): void {
  model.on("error", () => {});
  model.close().catch(() => {});
}
