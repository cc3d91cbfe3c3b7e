/** The lines in which two texts differ, as `diff -U0` prints them; what stands between changes must be the same in both. */
export function printDiff(file: string, before: string, after: string): string[] {
  const [old, fresh] = [before.split('\n'), after.split('\n')];
  const lines: string[] = [];
  let [left, right] = [0, 0];
  while (left < old.length || right < fresh.length) {
    if (old[left] === fresh[right]) {
      left++;
      right++;
      continue;
    }
    const [removed, added] = hunk(old.slice(left), fresh.slice(right));
    lines.push(`@@ -${range(left, removed)} +${range(right, added)} @@`);
    for (const line of old.slice(left, left + removed)) lines.push(`-${shown(line)}`);
    for (const line of fresh.slice(right, right + added)) lines.push(`+${shown(line)}`);
    left += removed;
    right += added;
  }
  return lines.length === 0 ? [] : [`--- ${file}`, `+++ ${file}`, ...lines];
}

/** How many lines of each text are different before both are the same again: the fewest. */
function hunk(old: readonly string[], fresh: readonly string[]): [removed: number, added: number] {
  for (let size = 1; size < old.length + fresh.length; size++) {
    for (let removed = 0; removed <= size; removed++) {
      const added = size - removed;
      if (old[removed] === fresh[added] && old[removed + 1] === fresh[added + 1]) return [removed, added];
    }
  }
  return [old.length, fresh.length];
}

function range(index: number, count: number): string {
  return count === 1 ? String(index + 1) : `${index + (count === 0 ? 0 : 1)},${count}`;
}

function shown(line: string): string {
  return line.replace(/\r$/, '');
}
