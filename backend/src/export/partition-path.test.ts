import fc from "fast-check";
import { expect, test } from "vitest";
import { partitionPath } from "./partition-path.js";

const AT = Date.UTC(2026, 2, 1, 23, 59);
const typeIn = (path: string) => path.split("/")[1] as string;

test("the layout is Hive's, and the date is UTC's", () => {
  expect(partitionPath("acme", "SALE", AT)).toBe("tenant=acme/type=SALE/date=2026-03-01");
  expect(typeIn(partitionPath("acme", "a/b c", AT))).toBe("type=a%2Fb%20c");
  expect(typeIn(partitionPath("acme", "__HIVE_DEFAULT_PARTITION__", AT))).toBe("type=%5F_HIVE_DEFAULT_PARTITION__");
});

test("whatever a type is called, it is one folder that a file system takes", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", minLength: 1, maxLength: 200 }), (type) => {
      const [tenant, folder, date, ...more] = partitionPath("acme", type, AT).split("/");
      expect([tenant, date, more]).toEqual(["tenant=acme", "date=2026-03-01", []]);
      expect(folder).toMatch(/^type=[A-Za-z0-9_.~%-]+$/);
      expect((folder as string).length).toBeLessThanOrEqual(255);
    }),
  );
});

test("long names that begin alike are two folders", () => {
  const [a, b] = ["x", "y"].map((end) => partitionPath("acme", "é".repeat(199) + end, AT));
  expect(a).not.toBe(b);
});
