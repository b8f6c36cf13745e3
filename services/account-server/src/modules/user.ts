import { isValidObjectId } from "mongoose";
import { type Seneca, type ServiceModule, VastifyError } from "vastify";
import { retryConflicts } from "vastify/storage";
import { hashPassword, verifyPassword } from "../models/password.js";
import { isDuplicate, toUser, type User, type UserDocument, type UserModel } from "../models/user.js";
import type { CachedUser, UserCache } from "../models/user-cache.js";
import { entityTagOf, expectMatch } from "./entity-tag.js";
import { loadResultCodes } from "./result-codes.js";
import {
  changesShape,
  credentialsShape,
  expectInput,
  newUserShape,
  type PageFilters,
  pageShape,
} from "./user-input.js";

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
    readonly headers?: Readonly<Record<string, string>>;
  };
}

/** Users: REST under `/user`, and `cmd:login` for peers. */
export function userModule(
  users: UserModel,
  cache: UserCache,
  { configServerVersion }: UserModuleOptions,
): ServiceModule {
  async function list({ args }: RestMessage): Promise<User[]> {
    const { limit, skip, ...filters } = expectInput(pageShape, args?.query ?? {});
    const found = await users.find(conditionOf(filters)).sort({ name: 1 }).skip(skip).limit(limit);
    return found.map(toUser);
  }

  async function load({ args }: RestMessage) {
    const id = expectId(args?.params?.id);
    const cached = await cache.load(id);
    if (!cached) throw noUser(id);
    return withEntityTag(cached);
  }

  async function create({ args }: RestMessage) {
    const { name, password } = expectInput(newUserShape, args?.body);
    const passwordHash = await hashPassword(password);
    const created = await unlessNameTaken(name, users.create({ name, passwordHash }));
    await cache.forget(created.id);
    const headers = { location: `/user/${created.id}`, etag: entityTagOf(created.version) };
    return { ...toUser(created), http$: { status: 201, headers } };
  }

  async function edit({ args }: RestMessage) {
    const id = expectId(args?.params?.id);
    const { name, password } = expectInput(changesShape, args?.body);
    const changes = {
      ...(name !== undefined && { name }),
      ...(password !== undefined && { passwordHash: await hashPassword(password) }),
    };
    const edited = await changeUser(id, args, (user) => unlessNameTaken(name, user.set(changes).save()));
    return withEntityTag({ user: toUser(edited), version: edited.version });
  }

  async function remove({ args }: RestMessage) {
    const id = expectId(args?.params?.id);
    await changeUser(id, args, async (user) => {
      const { deletedCount } = await users.deleteOne({ _id: user._id, version: user.version });
      if (deletedCount === 0)
        throw new VastifyError("failed_precondition", "it was changed meanwhile", { reason: "version_conflict" });
      return user;
    });
    return { http$: { status: 204 } };
  }

  /**
   * Changes what the caller means: with `If-Match` that very version, without it whatever is there now, also when
   * another was quicker.
   */
  async function changeUser(
    id: string,
    args: RestMessage["args"],
    change: (user: UserDocument) => Promise<UserDocument>,
  ) {
    const ifMatch = args?.headers?.["if-match"];
    const changeOnce = async () => {
      const user = expectUser(await users.findById(id), id);
      expectMatch(ifMatch, user.version);
      return change(user);
    };
    try {
      return await retryConflicts(changeOnce);
    } finally {
      await cache.forget(id);
    }
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

function withEntityTag({ user, version }: CachedUser) {
  return { ...user, http$: { headers: { etag: entityTagOf(version) } } };
}

function conditionOf({ prefix, createdFrom, createdBefore }: PageFilters) {
  return {
    // A range, since an index answers it: U+10FFFF is the last character.
    ...(prefix !== undefined && { name: { $gte: prefix, $lt: `${prefix}\u{10ffff}` } }),
    ...((createdFrom || createdBefore) && {
      createdAt: { ...(createdFrom && { $gte: createdFrom }), ...(createdBefore && { $lt: createdBefore }) },
    }),
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
