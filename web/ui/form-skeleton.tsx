import { Skeleton } from '@mantine/core';
import classes from './form.module.css';

/** The place of a form whose rules are on their way. */
export function FormSkeleton({ fields }: { fields: number }) {
  return (
    <div className={classes.form} aria-busy="true">
      {Array.from({ length: fields }, (_, index) => (
        <div key={index}>
          <Skeleton height={14} width="34%" mb={10} />
          <Skeleton height={44} />
        </div>
      ))}
      <Skeleton height={44} />
    </div>
  );
}
