import { Socket } from "node:net";
import type { ChannelModel } from "amqplib";

/**
 * amqplib writes every frame by itself, which costs more than all the rest of a publish. This keeps what is written in
 * one go together, as one write; nothing waits for it. Where amqplib no longer keeps its socket there, nothing changes.
 */
export function gatherWrites(model: ChannelModel): void {
  const { stream } = model.connection as { stream?: unknown };
  if (!(stream instanceof Socket)) return;
  const socket = stream;
  const write = socket.write.bind(socket) as (...args: unknown[]) => boolean;
  let isGathering = false;
  const release = () => {
    isGathering = false;
    socket.uncork();
  };
  socket.write = (...args: unknown[]) => {
    if (!isGathering) {
      isGathering = true;
      socket.cork();
      process.nextTick(release);
    }
    return write(...args);
  };
}
