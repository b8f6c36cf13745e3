import { type Connection, type Model, Schema } from "mongoose";
import { describe, expect, it } from "vitest";
import { documentPlugin, editsInTurn, type PluggedDocument, retryConflicts } from "../../../src/storage/index.js";
import { mongoUri, startMongo } from "../../support/mongo.js";

interface Account extends PluggedDocument {
  name: string;
  secret?: string;
  balance: number;
  notes: { text: string; by?: string }[];
}

function accountModel(connection: Connection): Model<Account> {
  const schema = new Schema<Account>({
    name: { type: String, required: true, unique: true },
    secret: String,
    balance: { type: Number, default: 0 },
    notes: [{ text: String, by: String }],
  });
  schema.plugin(documentPlugin, { hidden: ["secret", "notes.by", "nowhere.at.all"] });
  return connection.model<Account>("Account", schema);
}

async function accounts(): Promise<Model<Account>> {
  const { connection } = await startMongo();
  const model = accountModel(connection);
  await model.init();
  return model;
}

describe.skipIf(!mongoUri)("a plugged document", () => {
  it("shows id, version and times in JSON, and neither _id, __v nor what is hidden", async () => {
    const model = await accounts();
    const account = await model.create({ name: "a", secret: "s", notes: [{ text: "t", by: "b" }] });
    const shown = JSON.parse(JSON.stringify(account));
    expect(Object.keys(shown).sort()).toEqual(["balance", "createdAt", "id", "name", "notes", "updatedAt", "version"]);
    expect(shown).toMatchObject({ id: account.id, version: 0, notes: [{ text: "t" }] });
    expect(shown.notes[0]).not.toHaveProperty("by");
    expect(JSON.stringify(await model.find())).not.toContain('"secret"');
  });

  it("loses none of 400 parallel edits: each is in, or told that it is not", async () => {
    const model = await accounts();
    const { id } = await model.create({ name: "a" });
    const edits = Array.from({ length: 400 }, async () => {
      const account = await model.findById(id).orFail();
      account.balance += 1;
      await account.save();
    });
    const outcomes = await Promise.allSettled(edits);
    const refused = outcomes.filter((outcome) => outcome.status === "rejected");
    for (const { reason } of refused) {
      expect(reason).toMatchObject({ code: "failed_precondition", reason: "version_conflict" });
    }
    expect(await model.findById(id)).toMatchObject({
      balance: 400 - refused.length,
      version: 400 - refused.length,
    });
  });

  it("takes all of many parallel edits that are repeated when they meet a conflict", async () => {
    const model = await accounts();
    const { id } = await model.create({ name: "a" });
    const edit = async () => {
      const account = await model.findById(id).orFail();
      account.balance += 1;
      await account.save();
    };
    await Promise.all(Array.from({ length: 20 }, () => retryConflicts(edit, { attempts: 100 })));
    expect(await model.findById(id)).toMatchObject({ balance: 20, version: 20 });
  });

  it("takes each of many edits in turn at its first attempt", async () => {
    const model = await accounts();
    const { id } = await model.create({ name: "a" });
    const editInTurn = editsInTurn({ attempts: 1 });
    const edit = async () => {
      const account = await model.findById(id).orFail();
      account.balance += 1;
      await account.save();
    };
    await Promise.all(Array.from({ length: 100 }, () => editInTurn(id, edit)));
    expect(await model.findById(id)).toMatchObject({ balance: 100, version: 100 });
  });

  it("can't be saved once it was deleted", async () => {
    const model = await accounts();
    const account = await model.create({ name: "a" });
    await model.deleteOne({ _id: account._id });
    account.balance = 1;
    await expect(account.save()).rejects.toMatchObject({ reason: "version_conflict" });
  });

  it("counts what queries change, in every way to write it", async () => {
    const model = await accounts();
    const { id } = await model.create({ name: "a" });
    await model.updateOne({ _id: id }, { balance: 1 });
    await model.updateMany({}, { $set: { balance: 2 } });
    await model.findByIdAndUpdate(id, { $inc: { balance: 1 } });
    await model.updateOne({ _id: id }, [{ $set: { balance: { $add: ["$balance", 1] } } }], { updatePipeline: true });
    expect(await model.findById(id)).toMatchObject({ balance: 4, version: 4 });
    await model.updateOne({ name: "new" }, { balance: 1 }, { upsert: true });
    expect((await model.findOne({ name: "new" }).orFail()).balance).toBe(1);
  });

  it("makes a save fail that did not see a query's change", async () => {
    const model = await accounts();
    const account = await model.create({ name: "a" });
    await model.updateOne({ name: "a" }, { balance: 5 });
    account.balance = 1;
    await expect(account.save()).rejects.toMatchObject({ reason: "version_conflict" });
    expect((await model.findOne({ name: "a" }))?.balance).toBe(5);
  });

  it("tells a taken value by its field, and never says it", async () => {
    const model = await accounts();
    await model.insertMany([{ name: "taken" }, { name: "b" }]);
    const taken = { code: "already_exists", reason: "duplicate_key", details: { fields: ["name"] } };
    const refusals = [
      () => model.create({ name: "taken" }),
      () => model.updateOne({ name: "b" }, { name: "taken" }).exec(),
      () => model.findOneAndUpdate({ name: "b" }, { name: "taken" }).exec(),
    ];
    for (const refused of refusals) {
      const error: Error = await refused().then(
        () => expect.unreachable(),
        (thrown: Error) => thrown,
      );
      expect(error).toMatchObject(taken);
      expect(error.message).not.toContain("taken");
    }
    await expect(model.insertMany([{ name: "taken" }])).rejects.toMatchObject({ reason: "duplicate_key" });
  });

  it("tells what the schema refuses, and where", async () => {
    const model = await accounts();
    await expect(model.create({ balance: "much" } as never)).rejects.toMatchObject({
      code: "invalid_argument",
      reason: "invalid_document",
      details: { issues: expect.arrayContaining([expect.objectContaining({ path: "name" })]) },
    });
  });

  it.each<[string, (model: Model<Account>) => PromiseLike<unknown>]>([
    ["findById", (model) => model.findById("no id")],
    ["find", (model) => model.find({ _id: "no id" })],
    ["exists", (model) => model.exists({ _id: "no id" })],
    ["countDocuments", (model) => model.countDocuments({ _id: "no id" })],
    ["distinct", (model) => model.distinct("name", { _id: "no id" })],
    ["findByIdAndDelete", (model) => model.findByIdAndDelete("no id")],
    ["deleteOne", (model) => model.deleteOne({ _id: "no id" })],
    ["deleteMany", (model) => model.deleteMany({ _id: "no id" })],
  ])("tells it of an id that is none in %s", async (_name, query) => {
    await expect(query(await accounts())).rejects.toMatchObject({
      code: "invalid_argument",
      reason: "invalid_document",
      details: { issues: [expect.objectContaining({ path: "_id" })] },
    });
  });

  it("tells it of an update as of a save", async () => {
    const model = await accounts();
    await model.create({ name: "Ada" });
    await expect(model.updateOne({ name: "Ada" }, { balance: "much" } as never)).rejects.toMatchObject({
      code: "invalid_argument",
      reason: "invalid_document",
      details: { issues: [expect.objectContaining({ path: "balance" })] },
    });
  });
});
