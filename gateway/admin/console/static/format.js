/** Numbers and times as people read them. Pure. */

const COUNT = new Intl.NumberFormat("en", {maximumFractionDigits: 0});

/** A whole number with separators. */
export const count = number => COUNT.format(number);

/** `1 pod`, `2 pods`. */
export const plural = (number, one, many = one + "s") =>
  `${count(number)} ${number === 1 ? one : many}`;

/** Two figures that count: 0.042, 4.2, 42, 4,200. */
export function figure(number) {
  if (number === 0) return "0";
  if (number >= 9.95) return count(number);
  return Number(number.toPrecision(2)).toString();
}

/** A duration in milliseconds or seconds: `8 ms`, `1.4 s`, `2 min`. */
export function duration(seconds) {
  if (seconds === null || seconds === undefined) return "–";
  if (seconds < 0.0995) return `${figure(seconds * 1000)} ms`;
  if (seconds < 0.9995) return `${Math.round(seconds * 1000)} ms`;
  return seconds < 9.95 ? `${seconds.toFixed(1)} s` : age(seconds);
}

/** A length of time in its largest unit: `12 s`, `4 min`, `3 h`, `5 d`. */
export function age(seconds) {
  const whole = Math.max(0, seconds);
  if (whole < 99.5) return `${Math.round(whole)} s`;
  if (whole < 99.5 * 60) return `${Math.round(whole / 60)} min`;
  if (whole < 48 * 3600) return `${Math.round(whole / 3600)} h`;
  return `${Math.round(whole / 86400)} d`;
}

/** How long ago something was. */
export const ago = seconds => (seconds < 1.5 ? "just now" : `${age(seconds)} ago`);

/** The time of day of unix seconds in UTC, as sentences of the scaler have it. */
export const clock = time => new Date(time * 1000).toISOString().slice(11, 19);
