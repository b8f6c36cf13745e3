import { expect, it } from "vitest";
import { databaseName } from "./database-name.js";

it.each([
  ["mongodb://127.0.0.1:27017/accounts", "accounts"],
  ["mongodb+srv://me:secret@cluster.example/accounts?retryWrites=true", "accounts"],
  ["mongodb://a:1,b:2,c:3/accounts?replicaSet=rs", "accounts"],
  ["mongodb://127.0.0.1:27017/?directConnection=true", "vastify"],
  ["mongodb://127.0.0.1:27017", "vastify"],
  ["mongodb://127.0.0.1:27017?directConnection=true", "vastify"],
])("of %s is %s", (uri, name) => {
  expect(databaseName(uri)).toBe(name);
});
