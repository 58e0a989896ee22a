import type { Session } from "@streamforge/shared";
import { useNavigate } from "@tanstack/react-router";
import { Button } from "../ui/button.js";
import { HelpIcon, MoonIcon, PersonIcon, SettingsIcon, SignOutIcon, SunIcon, SystemIcon } from "../ui/icons.js";
import { Menu, MenuChoice, MenuItem, MenuLabel, MenuSeparator } from "../ui/menu.js";
import { useSignOut } from "./session.js";
import { chooseTheme, type ThemeChoice, useThemeChoice } from "./theme.js";

const themes: { choice: ThemeChoice; text: string; Icon: typeof SunIcon }[] = [
  { choice: "system", text: "System colours", Icon: SystemIcon },
  { choice: "light", text: "Light", Icon: SunIcon },
  { choice: "dark", text: "Dark", Icon: MoonIcon },
];

/** Who is signed in, and what is theirs: colours, settings, the way out. */
export function UserMenu({ session, onHelp }: { session: Session; onHelp: () => void }) {
  const signOut = useSignOut();
  const chosen = useThemeChoice();
  const navigate = useNavigate();
  const { email, role } = session.user;
  return (
    <Menu
      trigger={
        <Button variant="ghost" size="icon" aria-label={`Signed in as ${email}`}>
          <PersonIcon />
        </Button>
      }
    >
      <MenuLabel>
        <span className="block max-w-60 truncate font-medium text-ink">{email}</span>
        <span className="capitalize">{role}</span>
      </MenuLabel>
      <MenuSeparator />
      {themes.map(({ choice, text, Icon }) => (
        <MenuChoice key={choice} chosen={choice === chosen} onClick={() => chooseTheme(choice)}>
          <Icon className="size-3.5 text-ink-3" />
          {text}
        </MenuChoice>
      ))}
      <MenuSeparator />
      <MenuItem onClick={onHelp}>
        <HelpIcon className="size-3.5 text-ink-3" />
        Keyboard shortcuts
      </MenuItem>
      <MenuItem onClick={() => void navigate({ to: "/settings" })}>
        <SettingsIcon className="size-3.5 text-ink-3" />
        Settings and sessions
      </MenuItem>
      <MenuItem onClick={() => signOut.mutate()}>
        <SignOutIcon className="size-3.5 text-ink-3" />
        Sign out
      </MenuItem>
    </Menu>
  );
}
