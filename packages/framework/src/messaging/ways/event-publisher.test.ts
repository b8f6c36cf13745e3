import { expect, it, vi } from "vitest";
import { eventPublisher } from "./event-publisher.js";
import type { EventDefinition } from "./events.js";

const sold: EventDefinition = { target: "shop", name: "item.sold" };
const kept = { id: "one", type: "item.sold", payload: { n: 1 } };

it("publishes by its definition what an outbox kept, under its id", async () => {
  const publishEvent = vi.fn(async () => "one");
  await eventPublisher({ publishEvent }, [sold]).publish(kept);
  expect(publishEvent.mock.calls).toEqual([[sold, { n: 1 }, { id: "one" }]]);
});

it("publishes once what it is asked for again meanwhile, and again what failed", async () => {
  const settle: ((error?: Error) => void)[] = [];
  const publishEvent = vi.fn(
    () => new Promise<string>((resolve, reject) => settle.push((error) => (error ? reject(error) : resolve("one")))),
  );
  const publisher = eventPublisher({ publishEvent }, [sold]);
  const asked = [publisher.publish(kept), publisher.publish(kept)];
  settle[0]?.(new Error("the broker is away"));
  for (const each of asked) await expect(each).rejects.toThrow("the broker is away");
  const again = publisher.publish(kept);
  settle[1]?.();
  await again;
  expect(publishEvent).toHaveBeenCalledTimes(2);
});

it("leaves in the outbox what this version of a service doesn't know", async () => {
  const publisher = eventPublisher({ publishEvent: async () => "" }, [sold]);
  await expect(publisher.publish({ ...kept, type: "item.lost" })).rejects.toMatchObject({ reason: "unknown_event" });
});
