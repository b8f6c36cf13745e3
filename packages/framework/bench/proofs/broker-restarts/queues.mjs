export const retry = { delaysMs: [100, 200] };

/** Jobs in no order, and jobs in the order of their keys. @param {import("vastify/messaging").RabbitPart} broker */
export function queues(broker) {
  return {
    plain: broker.queue("proof.plain"),
    ordered: broker.queue("proof.ordered", { ordered: { partitions: 4 } }),
  };
}
