import { restartDelay, steadyTime } from './backoff.ts';

/**
 * What an app is doing. Processes are numbered in the order they are started; `failures` are those in a row.
 *
 * ```
 *  waiting ──due──▶ starting ──ready──▶ ready ──deploy──▶ deploying ──the next one is ready──▶ ready
 *     ▲                │                  │ ▲                │   └────the old one ends────▶ starting
 *     └──ended, late───┴──────ended───────┘ └──next: ended, late
 *
 *  ready, starting ──deploy, with one port for all──▶ replacing ──ended──▶ starting
 *  any ──stop──▶ stopping ──all ended──▶ stopped
 * ```
 */
export type AppPhase =
  | { readonly kind: 'waiting'; readonly failures: number }
  | { readonly kind: 'starting'; readonly process: number; readonly failures: number }
  | { readonly kind: 'ready'; readonly process: number; readonly failures: number; readonly since: number }
  | {
      readonly kind: 'deploying';
      readonly process: number;
      readonly next: number;
      readonly failures: number;
      readonly since: number;
    }
  | { readonly kind: 'replacing'; readonly process: number }
  | { readonly kind: 'stopping' }
  | { readonly kind: 'stopped' };

export type AppEvent =
  /** The wait is over. */
  | { readonly kind: 'due' }
  | { readonly kind: 'ready'; readonly process: number }
  /** It has ended, however that came. */
  | { readonly kind: 'ended'; readonly process: number }
  /** It did not become ready in time. */
  | { readonly kind: 'late'; readonly process: number }
  /** Another one shall take its place. `beside`: both can run at the same time. */
  | { readonly kind: 'deploy'; readonly beside: boolean }
  | { readonly kind: 'stop' }
  | { readonly kind: 'all-ended' };

export type AppAction =
  | { readonly kind: 'start'; readonly process: number }
  /** Ends a process that serves: its requests first. */
  | { readonly kind: 'retire'; readonly process: number }
  /** Ends a process that serves nobody. */
  | { readonly kind: 'end'; readonly process: number }
  /** `due` after this many milliseconds. */
  | { readonly kind: 'wait'; readonly milliseconds: number }
  | { readonly kind: 'end-all' };

/** What a step is taken with. */
export interface StepContext {
  /** Milliseconds of any clock. */
  readonly now: number;
  /** The number of the next process to start. */
  readonly next: number;
}

interface Step {
  readonly phase: AppPhase;
  readonly actions: readonly AppAction[];
}

/** An app before its first start. */
export const firstPhase: AppPhase = Object.freeze({ kind: 'waiting', failures: 0 });

/** The one way from phase to phase; an event that means nothing in a phase changes nothing. Pure. */
export function step(phase: AppPhase, event: AppEvent, context: StepContext): Step {
  if (event.kind === 'stop' && phase.kind !== 'stopped') return to({ kind: 'stopping' }, { kind: 'end-all' });
  switch (phase.kind) {
    case 'waiting':
      if (event.kind === 'due' || event.kind === 'deploy') return start(context.next, phase.failures);
      break;
    case 'starting':
      return stepStarting(phase, event, context);
    case 'ready':
      return stepReady(phase, event, context);
    case 'deploying':
      return stepDeploying(phase, event, context);
    case 'replacing':
      if (event.kind === 'ended' && event.process === phase.process) return start(context.next, 0);
      break;
    case 'stopping':
      if (event.kind === 'all-ended') return to({ kind: 'stopped' });
      break;
    case 'stopped':
      break;
  }
  return to(phase);
}

type Starting = Extract<AppPhase, { kind: 'starting' }>;
type Ready = Extract<AppPhase, { kind: 'ready' }>;
type Deploying = Extract<AppPhase, { kind: 'deploying' }>;

function stepStarting(phase: Starting, event: AppEvent, { now, next }: StepContext): Step {
  const { process, failures } = phase;
  if (event.kind === 'deploy') {
    if (!event.beside) return to({ kind: 'replacing', process }, { kind: 'end', process });
    const started = start(next, 0);
    return to(started.phase, { kind: 'end', process }, ...started.actions);
  }
  if (!('process' in event) || event.process !== process) return to(phase);
  if (event.kind === 'ready') return to({ kind: 'ready', process, failures, since: now });
  const wait = waiting(failures + 1);
  return event.kind === 'late' ? to(wait.phase, { kind: 'end', process }, ...wait.actions) : wait;
}

function stepReady(phase: Ready, event: AppEvent, { now, next }: StepContext): Step {
  const { process, failures, since } = phase;
  if (event.kind === 'ended' && event.process === process) return waiting(failuresAfter(phase, now));
  if (event.kind !== 'deploy') return to(phase);
  if (!event.beside) return to({ kind: 'replacing', process }, { kind: 'retire', process });
  return to({ kind: 'deploying', process, next, failures, since }, { kind: 'start', process: next });
}

function stepDeploying(phase: Deploying, event: AppEvent, { now, next }: StepContext): Step {
  const { process, failures, since } = phase;
  if (event.kind === 'deploy') {
    const ended: AppAction = { kind: 'end', process: phase.next };
    if (!event.beside) return to({ kind: 'replacing', process }, ended, { kind: 'retire', process });
    return to({ ...phase, next }, ended, { kind: 'start', process: next });
  }
  if (!('process' in event)) return to(phase);
  if (event.process === phase.next) {
    if (event.kind === 'ready') {
      return to({ kind: 'ready', process: phase.next, failures: 0, since: now }, { kind: 'retire', process });
    }
    const old = { kind: 'ready', process, failures, since } as const;
    return event.kind === 'late' ? to(old, { kind: 'end', process: phase.next }) : to(old);
  }
  if (event.kind === 'ended' && event.process === process) {
    return to({ kind: 'starting', process: phase.next, failures: failuresAfter(phase, now) });
  }
  return to(phase);
}

function failuresAfter({ failures, since }: Ready | Deploying, now: number): number {
  return now - since >= steadyTime ? 1 : failures + 1;
}

function to(phase: AppPhase, ...actions: AppAction[]): Step {
  return { phase, actions };
}

function start(process: number, failures: number): Step {
  return to({ kind: 'starting', process, failures }, { kind: 'start', process });
}

function waiting(failures: number): Step {
  return to({ kind: 'waiting', failures }, { kind: 'wait', milliseconds: restartDelay(failures) });
}
