import { Skeleton } from '@mantine/core';
import type { ReactNode } from 'react';
import classes from './facts.module.css';

export interface Fact {
  label: string;
  value: ReactNode;
}

/** What is so, line by line. */
export function Facts({ facts }: { facts: readonly Fact[] }) {
  return (
    <dl className={classes.facts}>
      {facts.map(({ label, value }) => (
        <div key={label} className={classes.fact}>
          <dt>{label}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

const widths = ['38%', '62%', '46%', '30%', '54%'];

/** The place of facts that are on their way; the labels are known already. */
export function FactsSkeleton({ labels }: { labels: readonly string[] }) {
  const bar = (index: number) => <Skeleton height={14} width={widths[index % widths.length] ?? '50%'} my={4} />;
  return <Facts facts={labels.map((label, index) => ({ label, value: bar(index) }))} />;
}
