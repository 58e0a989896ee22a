import type { ReactNode } from "react";

interface IconProps {
  className?: string;
}

/** A line icon on a 16 px grid; decorative, so the words beside it carry the meaning. */
function Icon({ className = "size-4", children }: IconProps & { children: ReactNode }) {
  return (
    <svg
      aria-hidden="true"
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
      strokeLinecap="round"
      strokeLinejoin="round"
      className={className}
    >
      {children}
    </svg>
  );
}

export const SunIcon = (props: IconProps) => (
  <Icon {...props}>
    <circle cx="8" cy="8" r="2.75" />
    <path d="M8 1.5v1.25M8 13.25v1.25M1.5 8h1.25M13.25 8h1.25M3.4 3.4l.9.9M11.7 11.7l.9.9M12.6 3.4l-.9.9M4.3 11.7l-.9.9" />
  </Icon>
);
export const MoonIcon = (props: IconProps) => (
  <Icon {...props}>
    <path d="M13.5 9.6A5.75 5.75 0 0 1 6.4 2.5a5.75 5.75 0 1 0 7.1 7.1Z" />
  </Icon>
);
export const SystemIcon = (props: IconProps) => (
  <Icon {...props}>
    <rect x="1.75" y="2.75" width="12.5" height="8.5" rx="1.25" />
    <path d="M5.5 13.75h5" />
  </Icon>
);
export const CheckIcon = (props: IconProps) => (
  <Icon {...props}>
    <circle cx="8" cy="8" r="6.25" />
    <path d="m5.25 8.25 2 2 3.5-4.25" />
  </Icon>
);
export const WarningIcon = (props: IconProps) => (
  <Icon {...props}>
    <path d="M8 2.25 14.25 13H1.75L8 2.25Z" />
    <path d="M8 6.5v2.75M8 11.2v.05" />
  </Icon>
);
export const CriticalIcon = (props: IconProps) => (
  <Icon {...props}>
    <circle cx="8" cy="8" r="6.25" />
    <path d="M8 4.75v3.75M8 11v.05" />
  </Icon>
);
export const ClockIcon = (props: IconProps) => (
  <Icon {...props}>
    <circle cx="8" cy="8" r="6.25" />
    <path d="M8 4.5V8l2.25 1.5" />
  </Icon>
);
export const SignOutIcon = (props: IconProps) => (
  <Icon {...props}>
    <path d="M6.25 2.75h-2.5a1 1 0 0 0-1 1v8.5a1 1 0 0 0 1 1h2.5M10 5l3 3-3 3M6.5 8H13" />
  </Icon>
);
export const LiveIcon = (props: IconProps) => (
  <Icon {...props}>
    <path d="M1.5 8.5h2.75L6 3.5l3.5 9 2-4h3" />
  </Icon>
);
export const CopyIcon = (props: IconProps) => (
  <Icon {...props}>
    <rect x="5.25" y="5.25" width="8.5" height="8.5" rx="1.25" />
    <path d="M10.75 2.25H3.5c-.7 0-1.25.55-1.25 1.25v7.25" />
  </Icon>
);

/** The mark: one stream that is forged into another. */
export function Logo({ className = "size-6" }: { className?: string }) {
  return (
    <svg aria-hidden="true" viewBox="0 0 32 32" className={className}>
      <rect width="32" height="32" rx="8" className="fill-brand" />
      <g fill="none" strokeWidth="3" strokeLinecap="round" className="stroke-brand-ink">
        <path d="M7 11h9c5 0 4 10 9 10" />
        <path d="M7 21h5M20 11h5" opacity="0.65" />
      </g>
    </svg>
  );
}

export const EventsIcon = (props: IconProps) => (
  <Icon {...props}>
    <path d="M5.5 3.75h8M5.5 8h8M5.5 12.25h8M2.5 3.75h.05M2.5 8h.05M2.5 12.25h.05" />
  </Icon>
);
export const DeadLetterIcon = (props: IconProps) => (
  <Icon {...props}>
    <rect x="1.75" y="3.25" width="12.5" height="9.5" rx="1.25" />
    <path d="m6.25 6.25 3.5 3.5M9.75 6.25l-3.5 3.5" />
  </Icon>
);
export const ReplayIcon = (props: IconProps) => (
  <Icon {...props}>
    <path d="M2.75 8a5.25 5.25 0 1 0 1.6-3.75L2.5 6M2.5 2.75V6h3.25" />
  </Icon>
);
export const JobsIcon = (props: IconProps) => (
  <Icon {...props}>
    <path d="M2.25 3.75h11.5M2.25 8h7.5M2.25 12.25h4.5" />
    <circle cx="12.25" cy="10.75" r="2.5" />
  </Icon>
);
export const LedgerIcon = (props: IconProps) => (
  <Icon {...props}>
    <path d="M3.25 1.75h8a1.5 1.5 0 0 1 1.5 1.5v11h-8a1.5 1.5 0 0 1-1.5-1.5v-11ZM5.75 5h4.5M5.75 7.75h4.5M5.75 10.5h2.5" />
  </Icon>
);
export const KeyIcon = (props: IconProps) => (
  <Icon {...props}>
    <circle cx="5" cy="11" r="2.75" />
    <path d="m7 9 6.25-6.25M10.75 5.25l1.75 1.75" />
  </Icon>
);
export const SchemaIcon = (props: IconProps) => (
  <Icon {...props}>
    <path d="M5.5 2.25c-1.5 0-2 .75-2 2v1.5C3.5 7.25 2.25 8 2.25 8s1.25.75 1.25 2.25v1.5c0 1.25.5 2 2 2M10.5 2.25c1.5 0 2 .75 2 2v1.5C12.5 7.25 13.75 8 13.75 8s-1.25.75-1.25 2.25v1.5c0 1.25-.5 2-2 2" />
  </Icon>
);
export const UsersIcon = (props: IconProps) => (
  <Icon {...props}>
    <circle cx="6" cy="5.25" r="2.5" />
    <path d="M1.5 13.25c.4-2.5 2.2-4 4.5-4s4.1 1.5 4.5 4M10.5 3a2.25 2.25 0 0 1 0 4.5M12 9.75c1.4.6 2.25 1.8 2.5 3.5" />
  </Icon>
);
export const BuildingIcon = (props: IconProps) => (
  <Icon {...props}>
    <path d="M2.75 13.75V3.25a1 1 0 0 1 1-1h4.5a1 1 0 0 1 1 1v10.5M9.25 6.75h3a1 1 0 0 1 1 1v6M1.5 13.75h13M5 5.25h2M5 8h2M5 10.75h2" />
  </Icon>
);
export const AuditIcon = (props: IconProps) => (
  <Icon {...props}>
    <path d="M8 1.75 13 3.5v4c0 3.25-2 5.5-5 6.75-3-1.25-5-3.5-5-6.75v-4L8 1.75Z" />
    <path d="m5.75 7.75 1.65 1.65 2.85-3.15" />
  </Icon>
);
export const SettingsIcon = (props: IconProps) => (
  <Icon {...props}>
    <path d="M2 4.75h6.5M12 4.75h2M2 11.25h2M7.5 11.25H14" />
    <circle cx="10.25" cy="4.75" r="1.75" />
    <circle cx="5.75" cy="11.25" r="1.75" />
  </Icon>
);
export const SearchIcon = (props: IconProps) => (
  <Icon {...props}>
    <circle cx="7" cy="7" r="4.5" />
    <path d="m10.5 10.5 3.25 3.25" />
  </Icon>
);
export const CloseIcon = (props: IconProps) => (
  <Icon {...props}>
    <path d="m3.75 3.75 8.5 8.5M12.25 3.75l-8.5 8.5" />
  </Icon>
);
export const MenuIcon = (props: IconProps) => (
  <Icon {...props}>
    <path d="M2 4h12M2 8h12M2 12h12" />
  </Icon>
);
export const ChevronIcon = (props: IconProps) => (
  <Icon {...props}>
    <path d="m4.5 6.5 3.5 3.5 3.5-3.5" />
  </Icon>
);
export const SidebarIcon = (props: IconProps) => (
  <Icon {...props}>
    <rect x="1.75" y="2.75" width="12.5" height="10.5" rx="1.5" />
    <path d="M6 2.75v10.5" />
  </Icon>
);
export const RefreshIcon = (props: IconProps) => (
  <Icon {...props}>
    <path d="M13.25 8a5.25 5.25 0 1 1-1.6-3.75L13.5 6M13.5 2.75V6h-3.25" />
  </Icon>
);
export const PlusIcon = (props: IconProps) => (
  <Icon {...props}>
    <path d="M8 3v10M3 8h10" />
  </Icon>
);
export const PersonIcon = (props: IconProps) => (
  <Icon {...props}>
    <circle cx="8" cy="5.5" r="2.75" />
    <path d="M2.75 13.75c.5-2.75 2.6-4.25 5.25-4.25s4.75 1.5 5.25 4.25" />
  </Icon>
);
export const HelpIcon = (props: IconProps) => (
  <Icon {...props}>
    <circle cx="8" cy="8" r="6.25" />
    <path d="M6.25 6.25a1.75 1.75 0 1 1 2.6 1.55c-.6.3-.85.7-.85 1.2M8 11.3v.05" />
  </Icon>
);
