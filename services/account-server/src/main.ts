import { type CacheOptions, createService, runService } from "vastify";
import { migrations, mongo } from "vastify/storage";
import { memoryCache, redisCache } from "vastify/storage/cache";
import { readConfig } from "./config.js";
import { databaseName } from "./models/database-name.js";
import { prepareUsers } from "./models/prepare-users.js";
import { createSessions } from "./models/sessions.js";
import { userMigrations, userModel } from "./models/user.js";
import { publishUserEvents } from "./models/user-events.js";
import { userActions, userModule } from "./modules/user.js";
import { accountSettings } from "./settings.js";

await runService(() => {
  const config = readConfig(process.env);
  const { service, mongoUri, redisUrl, amqpUrl, configServerVersion, seedDemoUsers, session } = config;
  const settings = accountSettings(config.settingsSnapshot);
  const database = mongo({ uri: mongoUri, connection: { dbName: databaseName(mongoUri) } });
  const users = userModel(database.connection);
  const { connection } = database;
  const sessions = session && createSessions(session);
  const accountServer = createService({
    ...service,
    parts: [
      database,
      migrations(connection, userMigrations, { collection: "account_migrations" }),
      prepareUsers(users, { seedDemoUsers }),
      ...publishUserEvents(users, amqpUrl),
      settings,
    ],
    contracts: [userActions(users, { version: service.version, configServerVersion, sessions, settings })],
    modules: [userModule],
    cache: userCache(redisUrl),
  });
  if (!sessions) accountServer.log.info("without SESSION_SECRET nobody logs in, so everybody may change every user");
  else if (!service.peers?.identityKeys)
    accountServer.log.warn("without IDENTITY_KEYS nobody knows who logged in, so nobody may change a user");
  return accountServer;
}, process);

/** Other instances' changes reach Redis, but not another's memory. */
function userCache(redisUrl: string | undefined): CacheOptions {
  if (redisUrl === undefined) return { store: memoryCache(), maxTtlMs: 1_000 };
  return { store: redisCache({ url: redisUrl, prefix: "account-server:" }) };
}
