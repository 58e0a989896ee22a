import { Button as BaseButton } from "@base-ui/react/button";
import { cn } from "./cn.js";

const variants = {
  primary: "bg-brand text-brand-ink hover:brightness-110 active:brightness-95",
  outline: "border border-line bg-surface text-ink hover:bg-raised",
  ghost: "text-ink-2 hover:bg-raised hover:text-ink",
  danger: "bg-danger text-danger-ink hover:brightness-110 active:brightness-95",
} as const;

const sizes = { md: "h-9 px-3.5", sm: "h-8 px-2.5 text-[13px]", icon: "size-8" } as const;

interface ButtonProps extends Omit<BaseButton.Props, "className"> {
  variant?: keyof typeof variants;
  size?: keyof typeof sizes;
  className?: string;
}

/** A button; while `disabled` it stays focusable, so that a keyboard user does not lose their place during a request. */
export function Button({ variant = "outline", size = "md", className, ...props }: ButtonProps) {
  return (
    <BaseButton
      focusableWhenDisabled
      className={cn(
        "inline-flex shrink-0 cursor-pointer items-center justify-center gap-2 rounded-md font-medium motion-safe:transition-[background-color,filter] select-none",
        "data-[disabled]:cursor-default data-[disabled]:opacity-60",
        variants[variant],
        sizes[size],
        className,
      )}
      {...props}
    />
  );
}
