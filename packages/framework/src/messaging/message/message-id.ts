const dayMs = 86_400_000;
const timeBased = /^[0-9a-f]{12}7[0-9a-f]{3}[89ab][0-9a-f]{15}$/;

/** When an id was made (`newTimedId`); undefined for one that does not tell, or tells of a time that has not come. */
export function timeOfId(id: string, now = Date.now()): Date | undefined {
  if (!timeBased.test(id)) return undefined;
  const time = Number.parseInt(id.slice(0, 12), 16);
  return time <= now + dayMs ? new Date(time) : undefined;
}
