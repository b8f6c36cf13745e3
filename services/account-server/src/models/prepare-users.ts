import { type Part, VastifyError } from "vastify";
import { hashPassword } from "./password.js";
import { addUser, isDuplicate, type UserModel } from "./user.js";

const demoNames = ["alice", "bob", "carol"];
const marker = "demo-users";

/** Builds the index that keeps names unique, and adds the demo users once in a database's life. */
export function prepareUsers(users: UserModel, { seedDemoUsers }: { seedDemoUsers: boolean }): Part {
  return {
    name: "users",
    async start({ log, signal }) {
      await users.init();
      if (!seedDemoUsers) return;
      const added = await addDemoUsers(users, signal);
      if (added.length > 0) log.info(`added the demo users ${added.join(", ")}`);
    },
    async stop() {},
  };
}

/**
 * The marker is written last, so that a start that broke off is finished by the next; once it is there, a demo user
 * whom somebody deleted stays deleted. Instances that start together may both add: names are unique.
 */
async function addDemoUsers(users: UserModel, signal: AbortSignal): Promise<string[]> {
  const markers = users.db.collection<{ _id: string; at: Date }>("seeds");
  if (await markers.findOne({ _id: marker })) return [];
  const added: string[] = [];
  for (const name of demoNames) {
    if (signal.aborted) throw new VastifyError("canceled", "the start was given up", { cause: signal.reason });
    const isNew = await addUser(users, { name, passwordHash: await hashPassword(`${name}-demo-password`) }).then(
      () => true,
      (error) => {
        if (isDuplicate(error)) return false;
        throw error;
      },
    );
    if (isNew) added.push(name);
  }
  await markers.updateOne({ _id: marker }, { $setOnInsert: { at: new Date() } }, { upsert: true });
  return added;
}
