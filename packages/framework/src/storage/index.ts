export { type MongoOptions, type MongoPart, mongo } from "./mongo.js";
