import { createService, runService } from "vastify";
import { mongo } from "vastify/storage";
import { readConfig } from "./config.js";
import { databaseName } from "./models/database-name.js";
import { prepareUsers } from "./models/prepare-users.js";
import { userModel } from "./models/user.js";
import { userActions, userModule } from "./modules/user.js";

await runService(() => {
  const { service, mongoUri, configServerVersion, seedDemoUsers } = readConfig(process.env);
  const database = mongo({ uri: mongoUri, connection: { dbName: databaseName(mongoUri) } });
  const users = userModel(database.connection);
  return createService({
    ...service,
    parts: [database, prepareUsers(users, { seedDemoUsers })],
    contracts: [userActions(users, { version: service.version, configServerVersion })],
    modules: [userModule],
  });
}, process);
