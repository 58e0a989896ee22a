interface SparklineProps {
  /** Oldest first. */
  values: readonly number[];
  /** What it shows, in words. */
  label: string;
  className?: string;
}

/** A trend in the size of a word: bars from zero, so that little looks like little. */
export function Sparkline({ values, label, className = "h-5 w-24 text-dead" }: SparklineProps) {
  const top = Math.max(...values, 1);
  return (
    <svg role="img" aria-label={label} viewBox={`0 0 ${values.length * 3} 20`} preserveAspectRatio="none" className={className}>
      {values.map((value, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: bars are named by their place
        <rect key={index} x={index * 3} y={20 - (value / top) * 20} width="2" height={(value / top) * 20} fill="currentColor" />
      ))}
    </svg>
  );
}
