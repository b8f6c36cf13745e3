import { createService, runService } from "vastify";
import { migrations, mongo } from "vastify/storage";
import { readConfig } from "./config.js";
import { databaseName } from "./models/database-name.js";
import { prepareUsers } from "./models/prepare-users.js";
import { userMigrations, userModel } from "./models/user.js";
import { createUserCache } from "./models/user-cache.js";
import { publishUserEvents } from "./models/user-events.js";
import { createSessions } from "./models/sessions.js";
import { userActions, userModule } from "./modules/user.js";

await runService(() => {
  const { service, mongoUri, redisUrl, amqpUrl, configServerVersion, seedDemoUsers, session } = readConfig(process.env);
  const database = mongo({ uri: mongoUri, connection: { dbName: databaseName(mongoUri) } });
  const users = userModel(database.connection);
  const { connection } = database;
  const cache = createUserCache(users, redisUrl);
  const sessions = session && createSessions(session);
  return createService({
    ...service,
    parts: [
      database,
      migrations(connection, userMigrations, { collection: "account_migrations" }),
      prepareUsers(users, { seedDemoUsers }),
      cache.part,
      ...publishUserEvents(users, amqpUrl),
    ],
    contracts: [userActions(users, cache, { version: service.version, configServerVersion, sessions })],
    modules: [userModule],
  });
}, process);
