/** Handlers that end in order: one frame for all of a turn. @param {import("amqplib").Channel} channel */
export function acknowledgeTogether(channel) {
  let last;
  return (message) => {
    if (!last) {
      setImmediate(() => {
        channel.ack(last, true);
        last = undefined;
      });
    }
    last = message;
  };
}
