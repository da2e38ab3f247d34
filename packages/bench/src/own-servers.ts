/** The environment without the user's own servers: for runs that do things to servers, or set their clocks. */
export function withoutUsersServers(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^ORDERSHARD_(MYSQL|KAFKA|MONGODB|SHARDS)/.test(name)),
  );
}
