import { expect, it } from "vitest";
import { browserOf } from "./user-agent.js";

const chrome = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";

it("names browser and system as their people do", () => {
  expect(browserOf(chrome)).toBe("Chrome 140 on Linux");
  expect(browserOf(`${chrome} Edg/140.0.1`)).toBe("Edge 140 on Linux");
  expect(browserOf("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) AppleWebKit/605 (KHTML, like Gecko) Version/18.4 Safari/605")).toBe(
    "Safari 18 on macOS",
  );
});

it("leaves what it does not know as it is", () => {
  expect(browserOf("curl/8.9.1")).toBe("curl/8.9.1");
  expect(browserOf("")).toBe("A program that gives no name");
});
