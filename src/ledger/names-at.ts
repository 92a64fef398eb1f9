/**
 * SQL for columns `account` and `camera`: the names that an account and its camera had at a time.
 *
 * @param ms SQL expression of the time, in milliseconds since 1970 UTC
 */
export const namesAt = (ms: string): string => `coalesce(
  (SELECT former.name FROM formerAccountNames AS former
   WHERE former.account = accounts.id AND untilMs > ${ms} ORDER BY untilMs LIMIT 1),
  accounts.name) AS account, coalesce(
  (SELECT formerNames.name FROM formerNames
   WHERE formerNames.camera = cameras.id AND untilMs > ${ms} ORDER BY untilMs LIMIT 1),
  cameras.name) AS camera`;
