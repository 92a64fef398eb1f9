/**
 * The names that an account and its camera had when something of the camera began, so that later
 * renamings change nothing. Columns `account` and `camera`.
 */
export const namesAt = (ms: string): string => `coalesce(
  (SELECT former.name FROM formerAccountNames AS former
   WHERE former.account = accounts.id AND untilMs > ${ms} ORDER BY untilMs LIMIT 1),
  accounts.name) AS account, coalesce(
  (SELECT formerNames.name FROM formerNames
   WHERE formerNames.camera = cameras.id AND untilMs > ${ms} ORDER BY untilMs LIMIT 1),
  cameras.name) AS camera`;
