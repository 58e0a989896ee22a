import { expect, it } from "vitest";
import { columnsOf, columnsThatFit, idOf } from "./columns.js";

interface Row {
  event: string;
  died: string;
  tenant: string;
  source: string;
}

const column = columnsOf<Row>();
const columns = column.columns([
  column.accessor("event", { meta: { width: "minmax(8rem, 2fr)" } }),
  column.accessor("died", { meta: { width: "6rem", wide: true } }),
  column.accessor("tenant", { meta: { width: "minmax(6rem, 1fr)", wide: true } }),
  column.accessor("source", { meta: { width: "4rem", wide: true } }),
  column.display({ id: "do", meta: { width: "5rem" } }),
]);
const shown = (roomRem: number | undefined) => columnsThatFit(columns, roomRem).map(idOf).join(" ");

it("leaves out the last of the wide columns first, and never one of the others", () => {
  expect(shown(undefined)).toBe("event died tenant source do");
  expect(shown(31)).toBe("event died tenant source do");
  expect(shown(30.9)).toBe("event died tenant do");
  expect(shown(21)).toBe("event died do");
  expect(shown(20.9)).toBe("event do");
  expect(shown(2)).toBe("event do");
});

it("does not show a narrow column in place of a wider one before it, or columns would change places while a window is resized", () => {
  expect(shown(25)).toBe("event died do");
});
