export { cacheFolder } from "./cache-folder.js";
export { type ConsulOptions, type ConsulPorts, type RunningConsul, startConsul } from "./consul.js";
export { type FindConsulOptions, findConsul } from "./consul-binary.js";
export { type DebianPackagesOptions, fetchDebianPackages } from "./debian-packages.js";
export { findFreePort, findFreePorts } from "./free-port.js";
export { type MongoEngine, type MongoEngineOptions, startMongoEngine } from "./mongo-engine.js";
export { type Pm2Options, type RunningPm2, startPm2 } from "./pm2.js";
export { type RabbitmqOptions, type RunningRabbitmq, startRabbitmq } from "./rabbitmq.js";
export { type RedisOptions, type RunningRedis, startRedis } from "./redis.js";
