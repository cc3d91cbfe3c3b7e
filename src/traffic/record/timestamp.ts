const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

let localSecond = Number.NaN;
let localText = '';

/** `22/Nov/2026:01:02:03 +0000`, in the machine's time zone, as Apache and nginx write it. Made once a second. */
export function localTimestamp(milliseconds: number): string {
  const second = Math.floor(milliseconds / 1000);
  if (second === localSecond) return localText;
  const date = new Date(milliseconds);
  const east = -date.getTimezoneOffset();
  const offset = Math.abs(east);
  const zone = `${east < 0 ? '-' : '+'}${two(Math.trunc(offset / 60))}${two(offset % 60)}`;
  const clock = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  localSecond = second;
  localText = `${two(date.getDate())}/${months[date.getMonth()]}/${date.getFullYear()}:${clock} ${zone}`;
  return localText;
}

let utcSecond = Number.NaN;
let utcText = '';

/** `2026-11-22T01:02:03.456Z`; all but the milliseconds is made once a second. */
export function utcTimestamp(milliseconds: number): string {
  const second = Math.floor(milliseconds / 1000);
  if (second !== utcSecond) {
    utcSecond = second;
    utcText = new Date(second * 1000).toISOString().slice(0, 20);
  }
  const rest = Math.floor(milliseconds) - second * 1000;
  return `${utcText}${rest < 10 ? '00' : rest < 100 ? '0' : ''}${rest}Z`;
}

function two(number: number): string {
  return number < 10 ? `0${number}` : String(number);
}
