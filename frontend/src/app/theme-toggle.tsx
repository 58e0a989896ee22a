import { Button } from "../ui/button.js";
import { MoonIcon, SunIcon, SystemIcon } from "../ui/icons.js";
import { Tooltip } from "../ui/tooltip.js";
import { chooseTheme, nextTheme, type ThemeChoice, useThemeChoice } from "./theme.js";

const icons = { system: SystemIcon, light: SunIcon, dark: MoonIcon } as const;
const words: Record<ThemeChoice, string> = { system: "the system's colours", light: "light colours", dark: "dark colours" };

/** Goes through system, light and dark. */
export function ThemeToggle() {
  const choice = useThemeChoice();
  const next = nextTheme(choice);
  const Icon = icons[choice];
  const text = `Now ${words[choice]}; change to ${words[next]}`;
  return (
    <Tooltip text={text}>
      <Button variant="ghost" size="icon" aria-label={text} onClick={() => chooseTheme(next)}>
        <Icon />
      </Button>
    </Tooltip>
  );
}
