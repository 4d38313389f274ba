import classes from './logo.module.css';

/** A gate with its keyhole. */
export function Mark({ size = 28 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" fill="none" aria-hidden="true" className={classes.mark}>
      <path d="M5 28V15a11 11 0 0 1 22 0v13" />
      <path d="M16 28v-7" />
      <circle cx="16" cy="15.5" r="3.5" />
    </svg>
  );
}

/** @param props.children the name beside the mark */
export function Logo({ children }: { children: string }) {
  return (
    <span className={classes.logo}>
      <Mark size={24} />
      {children}
    </span>
  );
}
