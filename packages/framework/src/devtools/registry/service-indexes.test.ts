import { expect, test } from "vitest";
import { createServiceIndexes } from "./service-indexes.js";

test("a service's index is that of its own last change", () => {
  const indexes = createServiceIndexes();
  indexes.serviceChanged("account", 20);
  indexes.serviceChanged("mail", 21);
  expect(indexes.of("account")).toBe(20);
  expect(indexes.services).toBe(21);
});

test("a check's change moves the index of its service alone", () => {
  const indexes = createServiceIndexes();
  indexes.serviceChanged("account", 20);
  indexes.serviceChanged("mail", 21);
  indexes.checksChanged(["account"], 22);
  expect([indexes.of("account"), indexes.of("mail"), indexes.services, indexes.checks]).toEqual([22, 21, 21, 22]);
});

test("a node's check moves the index of every service on it", () => {
  const indexes = createServiceIndexes();
  indexes.serviceChanged("account", 20);
  indexes.serviceChanged("mail", 21);
  indexes.checksChanged(["account", "mail"], 22);
  expect([indexes.of("account"), indexes.of("mail")]).toEqual([22, 22]);
});

test("the index of a service grows when its last instance goes", () => {
  const indexes = createServiceIndexes();
  indexes.serviceChanged("account", 20);
  indexes.serviceVanished("account", 21);
  expect(indexes.of("account")).toBe(21);
});

test("a vanished service's index does not move when another comes", () => {
  const indexes = createServiceIndexes();
  indexes.serviceChanged("account", 20);
  indexes.serviceVanished("account", 21);
  indexes.serviceChanged("mail", 22);
  expect(indexes.of("account")).toBe(21);
});

test("a service that was never there has the index of the tables", () => {
  const indexes = createServiceIndexes();
  indexes.serviceChanged("mail", 20);
  indexes.checksChanged(["mail"], 21);
  expect(indexes.of("account")).toBe(21);
});
