import { printSchema } from "graphql";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { servedActions } from "../../../test/support/served-actions.js";
import { type ActionDeclaration, type Contract, defineAction, defineContract } from "../../contracts/index.js";
import { buildSchema } from "./build-schema.js";

/** The schema of contracts whose services are alive. */
function schemaOf(...contracts: readonly Contract[]) {
  const { schema, problems } = buildSchema(servedActions(contracts));
  return { text: printSchema(schema), problems };
}

function contractOf(actions: Readonly<Record<string, ActionDeclaration>>, target = "book-shop", version = "1.0.0") {
  return defineContract({ target, version, actions }) as Contract;
}

const book = z.object({ id: z.string(), title: z.string(), pages: z.int32().optional() });
const find = defineAction({ access: "public", idempotent: true, input: z.object({ id: z.string() }), output: book });

describe("a GraphQL schema of contracts", () => {
  it("has reads as queries, all else as mutations, and types that equal outputs share", () => {
    const { text, problems } = schemaOf(
      contractOf({
        findBook: find,
        listBooks: defineAction({
          summary: "Lists books",
          access: "public",
          rest: { method: "GET", path: "/books" },
          input: z.object({
            limit: z.int().min(1).max(100).default(10),
            sort: z.enum(["title", "newest-first"]).optional(),
          }),
          output: z.array(book),
        }),
        addBook: defineAction({ access: "public", input: z.object({ title: z.string() }), output: book }),
        dropBook: defineAction({
          access: { level: "public", roles: ["admin"] },
          rest: { method: "DELETE", path: "/books/:id" },
          idempotent: true,
          input: z.object({ id: z.string() }),
          deprecated: "close it instead",
        }),
      }),
    );
    expect(problems).toEqual([]);
    expect(text).toMatchInlineSnapshot(`
      "type Query {
        bookShop_findBook(id: String!): BookShop_Book

        """Lists books"""
        bookShop_listBooks(limit: Int, sort: BookShop_ListBooksSort): [BookShop_Book!]
      }

      type BookShop_Book {
        id: String!
        title: String!
        pages: Int
      }

      enum BookShop_ListBooksSort {
        title
        newest_first
      }

      type Mutation {
        bookShop_addBook(title: String!): BookShop_Book

        """True when it is done."""
        bookShop_dropBook(id: String!): Boolean @deprecated(reason: "close it instead")
      }"
    `);
  });

  it("shows nothing that is not public, and no uploads", () => {
    const { text } = schemaOf(
      contractOf({
        findBook: find,
        count: defineAction({ output: z.object({ count: z.int() }), idempotent: true }),
        wipe: defineAction({ access: "private" }),
        addCover: defineAction({
          access: "public",
          rest: { method: "POST", path: "/books/:id/cover", upload: { kind: "raw" } },
          input: z.object({ id: z.string() }),
        }),
      }),
    );
    expect(text).toContain("bookShop_findBook");
    expect(text).not.toMatch(/count|wipe|addCover/i);
  });

  it("says lists, unions, maps, dates, numbers, recursion and odd names as well as GraphQL can", () => {
    const topic: z.ZodType = z
      .object({
        name: z.string(),
        get topics() {
          return z.array(topic);
        },
      })
      .meta({ id: "Topic" });
    const { text } = schemaOf(
      contractOf({
        showAll: defineAction({
          access: "public",
          idempotent: true,
          output: z.object({
            media: z.discriminatedUnion("kind", [
              z.object({ kind: z.literal("audio"), seconds: z.number() }),
              z.object({ kind: z.literal("e-book"), bytes: z.int() }),
            ]),
            prices: z.record(z.string(), z.number()),
            pair: z.tuple([z.string(), z.int()]),
            either: z.union([z.string(), z.number()]),
            created: z.iso.datetime(),
            day: z.iso.date().nullable(),
            topics: z.array(topic.nullable()),
            both: z.object({ a: z.string() }).and(z.object({ b: z.string() })),
            "odd-name": z.boolean(),
            "1st": z.unknown(),
            colour: z.enum(["true", "red"]),
            address: z.object({ street: z.string() }).meta({ title: "Address" }),
          }),
        }),
        addAll: defineAction({
          access: "public",
          input: z.object({
            "odd-name": z.array(z.object({ "in-stock": z.boolean(), size: z.enum(["s", "m"]) })),
            address: z.object({ street: z.string() }).meta({ title: "Address" }).optional(),
            media: z.union([z.object({ a: z.string() }), z.object({ b: z.string() })]),
            extra: z.record(z.string(), z.string()),
            note: z.string().nullable(),
          }),
          output: z.string(),
        }),
        addOne: defineAction({
          access: "public",
          input: z.discriminatedUnion("kind", [z.object({ kind: z.literal("a") }), z.object({ kind: z.literal("b") })]),
        }),
      }),
    );
    expect(text).toMatchInlineSnapshot(`
      "type Query {
        bookShop_showAll: BookShop_All
      }

      type BookShop_All {
        media: BookShop_AllMedia!
        prices: JSON!
        pair: [JSON]!
        either: JSON
        created: DateTime!
        day: Date
        topics: [BookShop_Topic]!
        both: BookShop_AllBoth!
        odd_name: Boolean!
        _1st: JSON
        colour: String!
        address: BookShop_Address!
      }

      union BookShop_AllMedia = BookShop_AllMediaAudio | BookShop_AllMediaEBook

      type BookShop_AllMediaAudio {
        kind: String!
        seconds: Float!
      }

      type BookShop_AllMediaEBook {
        kind: String!
        bytes: SafeInt!
      }

      """A whole number from -(2^53 - 1) to 2^53 - 1"""
      scalar SafeInt

      """Any JSON value"""
      scalar JSON

      """A date and a time such as 2027-01-31T00:00:00Z (RFC 3339)"""
      scalar DateTime

      """A date such as 2027-01-31 (RFC 3339)"""
      scalar Date

      type BookShop_Topic {
        name: String!
        topics: [BookShop_Topic!]!
      }

      type BookShop_AllBoth {
        a: String!
        b: String!
      }

      type BookShop_Address {
        street: String!
      }

      type Mutation {
        bookShop_addAll(odd_name: [BookShop_AddAllOddNameInput!]!, address: BookShop_AddressInput, media: JSON!, extra: JSON!, note: String): String

        """True when it is done."""
        bookShop_addOne(
          """The fields of the input"""
          input: JSON!
        ): Boolean
      }

      input BookShop_AddAllOddNameInput {
        in_stock: Boolean!
        size: BookShop_AddAllOddNameSize!
      }

      enum BookShop_AddAllOddNameSize {
        s
        m
      }

      input BookShop_AddressInput {
        street: String!
      }"
    `);
  });

  it("has fields that lead from what an action gives to what another finds, while both are there", () => {
    const shop = contractOf({
      listBooks: defineAction({
        access: "public",
        idempotent: true,
        output: z.array(book),
        links: {
          author: { target: "people", action: "findAuthor", input: { id: "authorId" } },
          reviews: { target: "people", action: "listReviews", input: { book: "id" } },
          secret: { target: "people", action: "findSecret", input: { id: "id" } },
        },
      }),
      findBook: find,
    });
    const people = contractOf(
      {
        findAuthor: defineAction({ ...find, output: z.object({ name: z.string() }) }),
        listReviews: defineAction({
          access: "public",
          idempotent: true,
          input: z.object({ book: z.string(), limit: z.int32().default(5), sort: z.enum(["asc", "desc"]).optional() }),
          output: z.array(z.string()),
        }),
        findSecret: defineAction({ access: "internal", idempotent: true }),
      },
      "people",
    );
    const type = (text: string) => /type BookShop_Book {[^}]*}/.exec(text)?.[0];
    expect(type(schemaOf(shop, people).text)).toBe(`type BookShop_Book {
  id: String!
  title: String!
  pages: Int
  author: People_Author
  reviews(limit: Int, sort: People_ListReviewsSort): [String!]
}`);
    expect(type(schemaOf(shop).text)).not.toContain("author");
  });

  it("is the same whoever came first, and gives a name that two would have to the first by name", () => {
    const one = contractOf({ findBook: find }, "book-shop");
    const other = contractOf({ findBook: find }, "book.shop");
    const { text, problems } = schemaOf(one, other);
    expect(schemaOf(other, one)).toEqual({ text, problems });
    expect(problems).toEqual([
      "GraphQL's bookShop_findBook stays with book-shop's findBook; book.shop's findBook would have the same name",
    ]);
  });

  it("promises no field while versions are alive that promise different ones", () => {
    const newer = defineAction({
      access: "public",
      idempotent: true,
      input: z.object({ id: z.string() }),
      output: book.extend({ isbn: z.string() }),
    });
    const { text } = schemaOf(contractOf({ findBook: newer }, "book-shop", "1.1.0"), contractOf({ findBook: find }));
    expect(text).toMatch(
      /type BookShop_Book {\n {2}id: String\n {2}title: String\n {2}pages: Int\n {2}isbn: String\n}/,
    );
  });

  it("is a schema even with nothing to serve", () => {
    expect(schemaOf().text).toContain("type Query");
  });
});
