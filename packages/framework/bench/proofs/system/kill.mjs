import { until } from "../../support/until.mjs";
import { wallClock } from "../../support/wall-clock.mjs";

/** Waits until each of the services has answered a read through the gateway. */
export async function whenServed(gateway, services) {
  const missing = new Set(services.map(({ instance }) => instance));
  await until(async () => {
    const response = await fetch(`${gateway.url}/work/read`);
    if (response.ok) missing.delete((await response.json()).by);
    return missing.size === 0;
  }, "every instance answers through the gateway");
}

/** Kills an instance, and gives what is known of its death once every gateway has seen it. */
export async function killUnder(service, gateways) {
  const { instance, port } = service;
  const killedAt = wallClock();
  await service.kill();
  const seen = await until(async () => {
    const times = await Promise.all(gateways.map((gateway) => gateway.ask("lostAt", port)));
    // A dead instance of before may have had the same port.
    const since = times.map((list) => list.filter((at) => at >= killedAt));
    return since.every((list) => list.length > 0) && since.flat();
  }, "the gateways see the connection end");
  return { instance, killedAt, noticedAt: Math.max(...seen) };
}
