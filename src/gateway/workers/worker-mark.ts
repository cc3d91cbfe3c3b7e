/** The variable by which a process is told that it is a worker of the one that started it: `same`, or `UID:GID`, and `:GID` for each supplementary group, of whom it becomes. */
export const workerMark = 'SALLYPORT_WORKER';
