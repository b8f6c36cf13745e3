import { rabbit } from "vastify/messaging";

export async function open({ url, queue }) {
  const broker = rabbit({ url });
  const jobs = broker.queue(queue);
  const rpc = broker.rpc(`${queue}.rpc`);
  await broker.start();
  return {
    send: (data) => jobs.send(data),
    consume: (handle, prefetch) => jobs.consume(handle, { prefetch }).ready,
    serve: (handle) => rpc.serve(handle, { prefetch: 1_000 }).ready,
    call: (data) => rpc.call(data),
  };
}
