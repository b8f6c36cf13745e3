import { config } from "@vastify/config-server/contract";
import { isValidObjectId } from "mongoose";
import {
  type ActionContext,
  type HttpAnswer,
  type Implementation,
  implement,
  type Seneca,
  type ServiceModule,
  VastifyError,
} from "vastify";
import { editsInTurn } from "vastify/storage";
import { account } from "../contract.js";
import { hashPassword, verifyPassword } from "../models/password.js";
import type { Sessions } from "../models/sessions.js";
import {
  addUser,
  isDuplicate,
  removeUser,
  toUser,
  type UserDocument,
  type UserModel,
  updateUser,
} from "../models/user.js";
import { conditionOf } from "../models/user-filters.js";
import type { AccountSettings } from "../settings.js";
import { entityTagOf, expectMatch } from "./entity-tag.js";
import { expectOwnAccount } from "./own-account.js";

export interface UserActionsOptions {
  /** Of this account-server. */
  readonly version: string;
  /** Which versions of config-server will do. */
  readonly configServerVersion: string;
  /**
   * What a login begins. With it users may change and delete themselves alone.
   * @default nothing: a login only tells whether the password is right, and nobody is asked who they are
   */
  readonly sessions?: Sessions | undefined;
  readonly settings: Pick<AccountSettings, "value">;
}

/** How long a login waits for config-server, in milliseconds. */
const codesTimeoutMs = 2_000;

/** So often other instances may be quicker. */
const mostEdits = 50;

/** Users in MongoDB, as the contract says. */
export function userActions(
  users: UserModel,
  { version, configServerVersion, sessions, settings }: UserActionsOptions,
): Implementation {
  /** Where nobody can log in, nobody is asked to. */
  function expectOwn(asked: string, { identity }: ActionContext): string {
    const id = expectId(asked);
    if (sessions) expectOwnAccount(identity, id);
    return id;
  }

  const editInTurn = editsInTurn({ attempts: mostEdits });

  /**
   * Changes what the caller means: with `If-Match` that very version, without it whatever is there now, also when
   * another was quicker.
   */
  async function changeUser(
    id: string,
    { headers, signal }: ActionContext,
    change: (user: UserDocument) => Promise<UserDocument>,
  ): Promise<UserDocument> {
    const changeOnce = async () => {
      const user = expectUser(await users.findById(id), id);
      expectMatch(headers["if-match"], user.version);
      return change(user);
    };
    return editInTurn(id, changeOnce, signal);
  }

  async function findByCredentials(name: string, password: string): Promise<UserDocument | undefined> {
    const user = await users.findOne({ name }).select("+passwordHash");
    return (await verifyPassword(password, user?.passwordHash)) && user ? user : undefined;
  }

  // An account-server that was told to be another version offers the same.
  return implement(
    { ...account, version },
    {
      async listUsers({ limit = settings.value.pageSize, skip, ...filters }) {
        const found = await users.find(conditionOf(filters)).sort({ name: 1 }).skip(skip).limit(limit);
        return found.map(toUser);
      },

      async findUser({ id }) {
        return withEntityTag(expectUser(await users.findById(expectId(id)), id));
      },

      async createUser({ name, password }) {
        const passwordHash = await hashPassword(password);
        const created = await unlessNameTaken(name, addUser(users, { name, passwordHash }));
        const headers = { location: `/user/${created.id}`, etag: entityTagOf(created.version) };
        return { ...toUser(created), http$: { status: 201, headers } };
      },

      async editUser({ id: asked, name, password }, context) {
        const id = expectOwn(asked, context);
        const changes = {
          ...(name !== undefined && { name }),
          ...(password !== undefined && { passwordHash: await hashPassword(password) }),
        };
        const edited = await changeUser(id, context, (user) => unlessNameTaken(name, updateUser(user, changes)));
        return withEntityTag(edited);
      },

      async deleteUser({ id }, context) {
        await changeUser(expectOwn(id, context), context, removeUser);
      },

      /** The codes are asked for whether or not the password is right, so that the answer tells no more than it says. */
      async login({ name, password }, context) {
        const wanted = { version: configServerVersion, timeoutMs: codesTimeoutMs };
        const [{ codes }, user] = await Promise.all([
          context.caller(config).load({}, wanted),
          findByCredentials(name, password),
        ]);
        if (!user) {
          throw new VastifyError("unauthenticated", codes.wrongCredentials.desc, { reason: "wrong_credentials" });
        }
        const result = { ...codes.success, user: toUser(user) };
        return sessions ? { ...result, http$: withCookie(await sessions.begin(user.id)) } : result;
      },

      async logout() {
        return sessions && { http$: withCookie(sessions.end()) };
      },
    },
  );
}

/** The same as REST under `/user`, mapped by seneca-web, and `cmd:login` for peers without the contract. */
export const userModule: ServiceModule = {
  plugin: function user(this: Seneca) {
    this.add("cmd:login", async function ({ name, password }) {
      const login = (await this.post({ module: "user", if: "login", name, password })) as HttpAnswer;
      // A session is for browsers.
      const { http$: _, ...result } = login;
      return result;
    });
  },
  routes: {
    prefix: "/user",
    pin: "module:user,if:*",
    map: {
      list: { GET: true, name: "" },
      create: { POST: true, name: "" },
      login: { POST: true },
      logout: { POST: true },
      load: { GET: true, name: "", suffix: "/:id" },
      edit: { PUT: true, name: "", suffix: "/:id" },
      delete: { DELETE: true, name: "", suffix: "/:id" },
    },
  },
};

function withCookie(cookie: string) {
  return { headers: { "set-cookie": cookie, "cache-control": "no-store" } };
}

function withEntityTag(user: UserDocument) {
  return { ...toUser(user), http$: { headers: { etag: entityTagOf(user.version) } } };
}

function expectId(id: string): string {
  if (id.length === 24 && isValidObjectId(id)) return id;
  throw noUser(id);
}

function expectUser(user: UserDocument | null, id: string): UserDocument {
  if (user) return user;
  throw noUser(id);
}

function noUser(id: string): VastifyError {
  return new VastifyError("not_found", `there is no user ${JSON.stringify(id)}`, { reason: "no_user" });
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
