import { type Role, roles, type UserView } from "@streamforge/shared";
import { type Command, Option } from "commander";
import { table } from "./table.js";
import type { UserAdmin } from "./user-admin.js";

/** Opens what the commands work on, runs one, and closes it; prints JSON or text, as was asked for. */
export interface UserCommandsDeps {
  withUsers(work: (admin: UserAdmin) => Promise<{ value: unknown; text: string }>): Promise<void>;
  /** The first line of standard input. */
  readLine(): Promise<string>;
}

/** `sf users list | create | passwd | role | disable | enable`. */
export function addUserCommands(program: Command, { withUsers, readLine }: UserCommandsDeps): void {
  const users = program.command("users").description("people who operate StreamForge, and their roles");
  const stdin = new Option("--stdin", "read the password from standard input instead of generating one");

  users
    .command("list")
    .description("people, by e-mail")
    .action(() =>
      withUsers(async (admin) => {
        const items = await admin.list();
        return { value: { items }, text: table(["E-MAIL", "ROLE", "STATE", "SINCE"], items.map(userRow)) };
      }),
    );

  users
    .command("create <email>")
    .description("add somebody; a generated password is shown this once")
    .addOption(new Option("--role <role>", "what they may do").choices(roles).default("viewer"))
    .addOption(stdin)
    .action((email: string, options: { role: Role; stdin?: boolean }) =>
      withUsers(async (admin) => {
        const made = await admin.create({ email, role: options.role, password: options.stdin ? await readLine() : undefined });
        return { value: made, text: `${made.email} may sign in as ${made.role}.${passwordText(made.password)}` };
      }),
    );

  users
    .command("passwd <email>")
    .description("set a new password, generated unless --stdin; their sessions end")
    .addOption(stdin)
    .action((email: string, options: { stdin?: boolean }) =>
      withUsers(async (admin) => {
        const reset = await admin.setPassword(email, options.stdin ? await readLine() : undefined);
        return {
          value: { email, ...reset },
          text: `The password of ${email} is changed, and their sessions have ended.${passwordText(reset.password)}`,
        };
      }),
    );

  users
    .command("role <email> <role>")
    .description(`make somebody ${roles.join(", ")}; their sessions end`)
    .action((email: string, role: Role) =>
      withUsers(async (admin) => {
        const user = await admin.update(email, { role });
        return { value: user, text: `${user.email} is ${user.role} now.` };
      }),
    );

  users
    .command("disable <email>")
    .description("keep somebody out; their sessions end, what they did stays in the audit log")
    .action((email: string) => withUsers((admin) => switched(admin, email, true)));

  users
    .command("enable <email>")
    .description("let somebody in again")
    .action((email: string) => withUsers((admin) => switched(admin, email, false)));
}

async function switched(admin: UserAdmin, email: string, disabled: boolean): Promise<{ value: unknown; text: string }> {
  const user = await admin.update(email, { disabled });
  return { value: user, text: `${user.email} is ${disabled ? "disabled, and their sessions have ended" : "enabled"}.` };
}

function userRow({ email, role, disabledAt, createdAt }: UserView): string[] {
  return [email, role, disabledAt ? `disabled ${disabledAt}` : "active", createdAt];
}

function passwordText(password: string | undefined): string {
  return password === undefined ? "" : ` Password: ${password}\nIt cannot be shown again.`;
}
