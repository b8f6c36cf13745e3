import { isValidObjectId } from "mongoose";
import { type Seneca, type ServiceModule, VastifyError } from "vastify";
import { hashPassword, verifyPassword } from "../models/password.js";
import { isDuplicate, toUser, type User, type UserDocument, type UserModel } from "../models/user.js";
import { loadResultCodes } from "./result-codes.js";
import { changesShape, credentialsShape, expectInput, newUserShape, pageShape } from "./user-input.js";

export interface UserModuleOptions {
  /** Which versions of config-server will do. */
  readonly configServerVersion: string;
}

/** What a REST request brings. */
interface RestMessage {
  readonly args?: {
    readonly params?: { readonly id?: unknown };
    readonly query?: unknown;
    readonly body?: unknown;
  };
}

/** Users: REST under `/user`, and `cmd:login` for peers. */
export function userModule(users: UserModel, { configServerVersion }: UserModuleOptions): ServiceModule {
  async function list({ args }: RestMessage): Promise<User[]> {
    const { limit, skip } = expectInput(pageShape, args?.query ?? {});
    const found = await users.find().sort({ name: 1 }).skip(skip).limit(limit);
    return found.map(toUser);
  }

  async function load({ args }: RestMessage): Promise<User> {
    const id = expectId(args?.params?.id);
    return toUser(expectUser(await users.findById(id), id));
  }

  async function create({ args }: RestMessage) {
    const { name, password } = expectInput(newUserShape, args?.body);
    const passwordHash = await hashPassword(password);
    const user = toUser(await unlessNameTaken(name, users.create({ name, passwordHash })));
    return { ...user, http$: { status: 201, headers: { location: `/user/${user.id}` } } };
  }

  async function edit({ args }: RestMessage): Promise<User> {
    const id = expectId(args?.params?.id);
    const { name, password } = expectInput(changesShape, args?.body);
    const changes = {
      ...(name !== undefined && { name }),
      ...(password !== undefined && { passwordHash: await hashPassword(password) }),
    };
    const edited = await unlessNameTaken(
      name,
      users.findByIdAndUpdate(id, changes, { returnDocument: "after" }).exec(),
    );
    return toUser(expectUser(edited, id));
  }

  async function remove({ args }: RestMessage) {
    const id = expectId(args?.params?.id);
    expectUser(await users.findByIdAndDelete(id), id);
    return { http$: { status: 204 } };
  }

  /** The codes are asked for whether or not the password is right, so that the answer tells no more than it says. */
  async function login(seneca: Seneca, input: unknown) {
    const { name, password } = expectInput(credentialsShape, input);
    const [codes, user] = await Promise.all([
      loadResultCodes(seneca, configServerVersion),
      findByCredentials(name, password),
    ]);
    if (!user) {
      throw new VastifyError("unauthenticated", codes.wrongCredentials.desc, { reason: "wrong_credentials" });
    }
    return { ...codes.success, user: toUser(user) };
  }

  async function findByCredentials(name: string, password: string): Promise<UserDocument | undefined> {
    const user = await users.findOne({ name }).select("+passwordHash");
    return (await verifyPassword(password, user?.passwordHash)) && user ? user : undefined;
  }

  return {
    plugin: function user(this: Seneca) {
      this.add("module:user,if:list", async (message) => list(message))
        .add("module:user,if:load", async (message) => load(message))
        .add("module:user,if:create", async (message) => create(message))
        .add("module:user,if:edit", async (message) => edit(message))
        .add("module:user,if:delete", async (message) => remove(message))
        .add("module:user,if:login", async function (message: RestMessage) {
          return login(this, message.args?.body);
        })
        .add("cmd:login", async function (message) {
          return login(this, message);
        });
    },
    routes: {
      prefix: "/user",
      pin: "module:user,if:*",
      map: {
        list: { GET: true, name: "" },
        create: { POST: true, name: "" },
        login: { POST: true },
        load: { GET: true, name: "", suffix: "/:id" },
        edit: { PUT: true, name: "", suffix: "/:id" },
        delete: { DELETE: true, name: "", suffix: "/:id" },
      },
    },
  };
}

function expectId(id: unknown): string {
  if (typeof id === "string" && id.length === 24 && isValidObjectId(id)) return id;
  throw noUser(id);
}

function expectUser(user: UserDocument | null, id: string): UserDocument {
  if (user) return user;
  throw noUser(id);
}

function noUser(id: unknown): VastifyError {
  return new VastifyError("not_found", `there is no user ${JSON.stringify(id) ?? "without an id"}`, {
    reason: "no_user",
  });
}

async function unlessNameTaken<Value>(name: string | undefined, write: Promise<Value>): Promise<Value> {
  try {
    return await write;
  } catch (error) {
    if (!isDuplicate(error)) throw error;
    throw new VastifyError("already_exists", `there is a user named ${JSON.stringify(name)} already`, {
      reason: "name_taken",
    });
  }
}
