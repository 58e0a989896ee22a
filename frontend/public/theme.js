// Sets the colours before the first paint. src/app/theme.ts takes over from there and reads the same key.
(() => {
  let choice = "system";
  try {
    choice = localStorage.getItem("streamforge.theme") ?? "system";
  } catch {
    // Storage can be forbidden (private windows); the system's choice is right then.
  }
  const dark = choice === "dark" || (choice !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
})();
